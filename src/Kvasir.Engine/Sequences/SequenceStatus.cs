namespace Kvasir.Engine.Sequences;

/// <summary>Where a sequence is in its life.</summary>
internal enum SequenceStatus
{
    /// <summary>Waits to be admitted, for the first time or after a preemption; holds no KV.</summary>
    Waiting,

    /// <summary>Holds KV and takes part in steps.</summary>
    Running,

    /// <summary>Done; holds nothing.</summary>
    Finished,
}
