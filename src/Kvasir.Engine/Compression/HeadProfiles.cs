using Kvasir.KvCache.Compression.Profiles;

namespace Kvasir.Engine.Compression;

/// <summary>Where head profiles lie: beside the model that they were measured of.</summary>
public static class HeadProfiles
{
    /// <summary>The file beside a model.</summary>
    public static string PathFor(string modelPath) => Path.TrimEndingDirectorySeparator(modelPath) + ".heads.json";

    /// <summary>Reads a profile and makes sure that it is the model's.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">The file; null for the one beside the model, where there is one.</param>
    /// <returns>The profile, or null when none was named and none is there.</returns>
    /// <exception cref="InvalidDataException">The file is no profile, or one of another model.</exception>
    public static HeadProfile? Read(Models.ModelFile model, string? path = null)
    {
        var file = path ?? PathFor(model.Path);
        if (path is null && !File.Exists(file))
            return null;
        var profile = HeadProfileFile.Read(file);
        return profile.Fingerprint == model.Fingerprint.ToString()
            ? profile
            : throw new InvalidDataException($"{file} was measured of another model ({profile.Fingerprint[..Math.Min(12, profile.Fingerprint.Length)]}…); make one of this model with 'kvasir kv profile-heads'");
    }
}
