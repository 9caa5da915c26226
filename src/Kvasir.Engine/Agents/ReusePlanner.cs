using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.Engine.Agents;

/// <summary>Decides whether an agent's prompt is predicted or computed: it is predicted only when every message may borrow, or is known here.</summary>
internal sealed class ReusePlanner(AgentOptions options, AnchorView view, MessageWeights weights)
{
    private static readonly AnchorWeights Whole = new([1], 0);

    /// <summary>A part of a prompt that is a message, and what it may be predicted from.</summary>
    private sealed record Source(int Part, string Placeholder, AgentMessage Message, AnchorPrediction Prediction, AnchorOffsets? Exact, IReadOnlyList<Anchor> Donors)
    {
        public bool MayBePredicted => Exact is not null || (Prediction.IsShareable && Donors.Count > 1);
    }

    public ReuseDecision Decide(RegisteredAgent agent, AgentPrompt prompt, IReadOnlyDictionary<string, AgentMessage> messages, AgentCall call)
    {
        var sources = prompt.MessageParts.Select(part => Look(agent.Definition, part, messages)).ToArray();
        PlaceholderReport[] reports = [.. sources.Select(source => new PlaceholderReport(
            source.Placeholder, source.Prediction.Outcome, source.Exact is not null, source.Prediction.Anchors.Count, source.Prediction.EntropyShare, source.Prediction.TopWeight))];
        if (IsReused(agent.Definition, sources, call))
            return new ReuseDecision(new PredictedRows(Predict(agent, prompt, sources, call), call.Corrections.HasFlag(AgentCorrections.Rotation)), [], reports);
        var keeps = call.Reuse != AgentReuse.Always && call.LeavesTraces && !agent.Definition.AlwaysDense && options.Anchors.Gamma > 0;
        return new ReuseDecision(
            null, keeps ? [.. sources.Where(source => !source.MayBePredicted && source.Message.Base.Rows > 0).Select(source => source.Part)] : [], reports);
    }

    private bool IsReused(AgentDefinition agent, Source[] sources, AgentCall call) => call.Reuse switch
    {
        AgentReuse.Never => false,
        AgentReuse.Always => true,
        _ => !agent.AlwaysDense
            && options.Anchors.Gamma > 0
            && sources.Length > 0
            && sources.Sum(source => source.Message.Tokens.Length) >= options.LeastReusedTokens
            && sources.All(source => source.MayBePredicted),
    };

    private Source Look(AgentDefinition agent, int part, IReadOnlyDictionary<string, AgentMessage> messages)
    {
        var placeholder = agent.Template.Parts[part].Placeholder!;
        var message = messages[placeholder];
        var key = new OffsetKey(agent.Name, part);
        var prediction = weights.Predict(placeholder, message);
        return new Source(
            part,
            placeholder,
            message,
            prediction,
            view.Find(placeholder, message.Id, key),
            [.. prediction.Anchors.Where(anchor => anchor.Offsets.ContainsKey(key))]);
    }

    private List<PredictedStretch> Predict(RegisteredAgent agent, AgentPrompt prompt, Source[] sources, AgentCall call)
    {
        var segments = call.Segments ?? options.Segments;
        var stretches = new List<PredictedStretch>();
        foreach (var source in sources)
        {
            var key = new OffsetKey(agent.Definition.Name, source.Part);
            AnchorOffsets[] offsets = source.Exact is { } exact ? [exact] : [.. source.Donors.Select(donor => donor.Offsets[key])];
            var (ofMessage, ofSegment) = source.Exact is not null ? (Whole, Whole)
                : offsets.Length == 0 ? (Whole, Whole)
                : weights.Weigh(source.Placeholder, source.Message, source.Prediction, source.Donors);
            Add(prompt.Places[source.Part].Start, source.Message.Base, offsets.Select(offset => offset.Placeholder), ofMessage, AgentCorrections.Placeholder, source.Message.StoredAt);
            if (agent.Definition.Template.SegmentBehind(source.Part) is { } behind && AgentPrompt.IsPredicted(behind, prompt.Places.Length, segments))
                Add(prompt.Places[behind].Start, agent.Segments[behind]!, offsets.Select(offset => offset.Segment).OfType<FreeRows>(), ofSegment, AgentCorrections.Segment, agent.StoredAt[behind]);
        }

        return stretches;

        void Add(int start, FreeRows rows, IEnumerable<FreeRows> offsets, OffsetWeights by, AgentCorrections correction, int storedAt)
        {
            var length = Math.Min(rows.Rows, prompt.Tokens.Length - 1 - start); // the last token of the prompt is always computed
            if (length > 0)
                stretches.Add(new PredictedStretch(start, length, new OffsetApproximation(rows, call.Corrections.HasFlag(correction) ? [.. offsets] : [], by), storedAt));
        }
    }
}
