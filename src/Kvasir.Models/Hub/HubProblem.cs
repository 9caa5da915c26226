namespace Kvasir.Models.Hub;

/// <summary>Why a hub did not give what was asked for.</summary>
public enum HubProblem
{
    /// <summary>No such repository, or a private one that is not shown to strangers.</summary>
    NotFound,

    /// <summary>No such branch, tag or commit.</summary>
    RevisionNotFound,

    /// <summary>No such file, or nothing that can be run.</summary>
    FileNotFound,

    /// <summary>A licence must be accepted first.</summary>
    Gated,

    /// <summary>The token is missing, wrong or may not read this.</summary>
    Unauthorized,

    /// <summary>The hub did not answer, or answered with failures, as often as it was asked.</summary>
    Unavailable,

    /// <summary>The answer is not what it must be: sizes, checksums, names, addresses.</summary>
    WrongAnswer,

    /// <summary>Requests are switched off.</summary>
    Offline,
}
