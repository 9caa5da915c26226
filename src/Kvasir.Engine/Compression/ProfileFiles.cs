using Kvasir.Engine.Compression.Profiling;
using Kvasir.KvCache.Compression.Profiles;

namespace Kvasir.Engine.Compression;

/// <summary>Where profiles lie: beside the model that they were measured of.</summary>
public static class ProfileFiles
{
    /// <summary>The file beside a model.</summary>
    public static string PathFor(string modelPath, ProfileKind kind) => Path.TrimEndingDirectorySeparator(modelPath) + (kind == ProfileKind.Ranks ? ".ranks" : ".heads.json");

    /// <summary>The profiles beside a model, each read when it is first asked for; then a file that is no profile, or one of another model, throws <see cref="InvalidDataException"/>.</summary>
    public static ModelProfiles Of(Models.ModelFile model)
    {
        var (path, fingerprint) = (model.Path, model.Fingerprint.ToString());
        return new ModelProfiles(
            () => Read(PathFor(path, ProfileKind.Heads), fingerprint, HeadProfileFile.Read, profile => profile.Fingerprint, "heads"),
            () => Read(PathFor(path, ProfileKind.Ranks), fingerprint, RankProfileFile.Read, profile => profile.Fingerprint, "ranks"),
            () => AlibiReach.Of(model));
    }

    private static T? Read<T>(string file, string fingerprint, Func<string, T> read, Func<T, string> of, string command)
        where T : class
    {
        if (!File.Exists(file))
            return null;
        var profile = read(file);
        return of(profile) == fingerprint
            ? profile
            : throw new InvalidDataException($"{file} was measured of another model ({of(profile)[..Math.Min(12, of(profile).Length)]}…); make one of this model with 'kvasir kv profile-{command}'");
    }
}
