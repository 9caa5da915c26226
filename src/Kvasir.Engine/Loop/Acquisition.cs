namespace Kvasir.Engine.Loop;

/// <summary>What came of asking for a sequence's memory.</summary>
internal enum Acquisition
{
    /// <summary>It has its table and a plan.</summary>
    Acquired,

    /// <summary>Another sequence is computing a longer prefix of it than the index has: waiting is cheaper than computing.</summary>
    Promised,

    /// <summary>The pool cannot hold it now.</summary>
    NoMemory,
}
