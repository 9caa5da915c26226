namespace Kvasir.Engine.Agents;

/// <summary>The parts of the correction; each can be left out, for ablations.</summary>
[Flags]
internal enum AgentCorrections
{
    /// <summary>Rows as they were stored, at the positions where they were stored.</summary>
    None = 0,

    /// <summary>Keys are rotated to where they stand.</summary>
    Rotation = 1,

    /// <summary>Offsets of messages.</summary>
    Placeholder = 2,

    /// <summary>Offsets of the fixed segments behind them.</summary>
    Segment = 4,

    /// <summary>Everything.</summary>
    All = Rotation | Placeholder | Segment,
}
