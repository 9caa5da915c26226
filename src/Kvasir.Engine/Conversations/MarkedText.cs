namespace Kvasir.Engine.Conversations;

/// <summary>A part of a message that may recur elsewhere: a retrieved passage, a tool's result, another agent's answer.</summary>
/// <param name="Message">The message's number, from 0.</param>
/// <param name="Start">First character in its content.</param>
/// <param name="Length">Characters.</param>
public readonly record struct MarkedText(int Message, int Start, int Length);
