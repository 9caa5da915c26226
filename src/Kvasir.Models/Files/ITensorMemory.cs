namespace Kvasir.Models;

/// <summary>Where a tensor's bytes are: a mapped file, or memory that is made from one when it is asked for.</summary>
internal unsafe interface ITensorMemory
{
    /// <summary>The file that it comes from.</summary>
    string Path { get; }

    /// <summary>The address of a range.</summary>
    byte* At(long offset, long length);

    /// <summary>Lets go of what a range takes in this process; it can be asked for again.</summary>
    void Release(long offset, long length);
}
