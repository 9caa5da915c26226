using System.Globalization;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;

namespace Kvasir.Engine.Receipts;

/// <summary>What all receipts of an engine share.</summary>
internal sealed class ReceiptContext(LoadedModel model)
{
    public Receipt Create(Sequence sequence, IReadOnlyList<int> tokens, FinishReason finish)
    {
        var digests = sequence.LogitDigests ?? throw new InvalidOperationException("the request did not ask for a receipt");
        return new Receipt
        {
            Model = model.File.Fingerprint.ToString(),
            NumericsProfile = model.NumericsProfile,
            MaxContext = model.MaxContext,
            KvType = model.Layout.Type.ToString(),
            Adapter = sequence.Adapter is { } adapter ? new ReceiptAdapter(adapter.Name, adapter.Fingerprint, adapter.Scale) : null,
            Prompt = sequence.Request.Prompt.ToArray(),
            Spans = sequence.FirstSpans ?? [],
            Sampling = sequence.Request.Sampling,
            Choice = sequence.Choice,
            Constrained = sequence.Request.Grammar is not null,
            Tokens = tokens,
            LogitDigests = [.. digests.Take(sequence.AnswerLength).Select(digest => digest.ToString("x16", CultureInfo.InvariantCulture))],
            Finish = finish,
        };
    }
}
