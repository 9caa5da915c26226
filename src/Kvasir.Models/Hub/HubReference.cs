using System.Diagnostics.CodeAnalysis;

namespace Kvasir.Models.Hub;

/// <summary>A model of a hub as people write it: <c>OWNER/NAME[:QUANT or FILE-PATTERN][@REVISION]</c>.</summary>
public sealed record HubReference
{
    private const int MaxNameLength = 96;
    private const int MaxSelectorLength = 256;

    private HubReference(string owner, string name, string? selector, string? revision)
    {
        Owner = owner;
        Name = name;
        Selector = selector;
        Revision = revision;
    }

    public string Owner { get; }

    public string Name { get; }

    /// <summary>A quantisation such as <c>Q4_K_M</c>, a file name, or a pattern with * and ?; null for what the repository mainly is.</summary>
    public string? Selector { get; }

    /// <summary>A branch, tag or commit; null for <c>main</c> when loading, and for the last one that was loaded when looking up.</summary>
    public string? Revision { get; }

    /// <summary>Owner and name.</summary>
    public string Id => $"{Owner}/{Name}";

    /// <summary>Reads a reference.</summary>
    /// <exception cref="FormatException">It is none; the message says how one is written.</exception>
    public static HubReference Parse(string text) => TryParse(text, out var reference)
        ? reference
        : throw new FormatException($"'{text}' names no model of a hub; write OWNER/NAME, OWNER/NAME:Q4_K_M, OWNER/NAME:FILE or OWNER/NAME@REVISION");

    /// <summary>Reads a reference; false when the text cannot be one (a path, an address).</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out HubReference? reference)
    {
        reference = null;
        ReadOnlySpan<char> rest = text;
        string? revision = null;
        string? selector = null;
        if (rest.IndexOf('@') is >= 0 and var at)
        {
            revision = rest[(at + 1)..].ToString();
            rest = rest[..at];
            if (!IsRevision(revision))
                return false;
        }

        if (rest.IndexOf(':') is >= 0 and var colon)
        {
            selector = rest[(colon + 1)..].ToString();
            rest = rest[..colon];
            if (selector.Length is 0 or > MaxSelectorLength || !HubPath.StaysInside(selector))
                return false;
        }

        int slash = rest.IndexOf('/');
        if (slash < 0 || !IsName(rest[..slash]) || !IsName(rest[(slash + 1)..]))
            return false;
        reference = new HubReference(rest[..slash].ToString(), rest[(slash + 1)..].ToString(), selector, revision);
        return true;
    }

    public override string ToString() => Id + (Selector is null ? "" : $":{Selector}") + (Revision is null ? "" : $"@{Revision}");

    /// <summary>Whether a name is one of an owner or a repository; such a name is also safe as a folder's.</summary>
    internal static bool IsName(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > MaxNameLength || !char.IsAsciiLetterOrDigit(name[0]) || name[^1] is '.' or '-')
            return false;
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
                return false;
        }

        return !name.Contains("--", StringComparison.Ordinal) && !name.Contains("..", StringComparison.Ordinal);
    }

    private static bool IsRevision(string revision) =>
        revision.Length <= MaxSelectorLength
        && HubPath.StaysInside(revision)
        && revision.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/');
}
