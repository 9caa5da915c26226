using Kvasir.Engine.Blending;

namespace Kvasir.Serving.Requests;

/// <summary>What may be reused of one prompt.</summary>
/// <param name="Choice">How.</param>
/// <param name="Parts">Its reusable parts.</param>
/// <param name="Marked">Parts that the request marked; more than there are where the chat template changed some.</param>
/// <param name="IsWanted">Whether the usage tells of it although nothing was reused.</param>
internal sealed record PromptReuse(ReuseChoice Choice, IReadOnlyList<ChunkPart> Parts, int Marked, bool IsWanted);
