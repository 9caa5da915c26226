namespace Kvasir.KvCache.Tiers.Archives;

/// <summary>Why an archive was refused.</summary>
public enum ArchiveFault
{
    /// <summary>It is no archive, or of a version that this program does not read.</summary>
    NotAnArchive,

    /// <summary>Its bytes are not those that were written.</summary>
    Damaged,

    /// <summary>Its manifest was not signed by the key that it names.</summary>
    WrongSignature,

    /// <summary>It was signed by a key that is not trusted here.</summary>
    UnknownSigner,

    /// <summary>Another model computed it.</summary>
    OtherModel,

    /// <summary>It was computed with other numerics.</summary>
    OtherProfile,

    /// <summary>Its KV lies otherwise.</summary>
    OtherLayout,

    /// <summary>It is sealed and the passphrase is missing or wrong.</summary>
    WrongPassphrase,
}
