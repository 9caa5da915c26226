using System.Security.Cryptography;

namespace Kvasir.Serving.Requests;

/// <summary>Makes ids of responses.</summary>
internal static class ResponseIds
{
    private const int RandomBytes = 12;

    /// <summary>A new id, e.g. <c>chatcmpl-…</c>.</summary>
    public static string Create(string prefix) => prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));
}
