namespace Kvasir.Engine.Conversations;

/// <summary>A part of an answer.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Text, reasoning, or a piece of the arguments; empty where a call starts or ends.</param>
/// <param name="ToolIndex">The number of the call, from 0; -1 where the event belongs to none.</param>
/// <param name="ToolName">The function, where a call starts.</param>
/// <param name="ToolId">The call's id, where a call starts.</param>
public readonly record struct AnswerEvent(AnswerEventKind Kind, string Text, int ToolIndex = -1, string? ToolName = null, string? ToolId = null);
