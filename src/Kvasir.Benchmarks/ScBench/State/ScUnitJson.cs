using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Sessions;

namespace Kvasir.Benchmarks.ScBench.State;

/// <summary>A unit as a line of JSON.</summary>
internal static class ScUnitJson
{
    public static JsonObject Write(ScUnit unit) => new()
    {
        ["task"] = unit.Key.Task,
        ["length"] = unit.Key.Length,
        ["session"] = unit.Key.Session,
        ["mode"] = ScModes.Name(unit.Key.Mode),
        ["policy"] = unit.Key.Policy,
        ["budget"] = unit.Key.Budget,
        ["bytes"] = unit.Bytes,
        ["flops"] = unit.Costs.PrefillFlops,
        ["written"] = unit.Costs.WrittenBytes,
        ["found"] = unit.Costs.FoundBytes,
        ["read"] = unit.Costs.ReadBytes,
        ["steps"] = unit.Costs.Steps,
        ["sampled"] = unit.Costs.Sampled,
        ["turns"] = new JsonArray([.. unit.Turns.Select(turn => new JsonObject { ["part"] = turn.Part, ["score"] = turn.Score, ["digest"] = turn.Digest })]),
    };

    /// <exception cref="InvalidOperationException">A field is missing or of another kind.</exception>
    public static ScUnit Read(JsonObject json) => new(
        new ScKey(
            Field(json, "task").GetValue<string>(),
            Field(json, "length").GetValue<int>(),
            Field(json, "session").GetValue<int>(),
            ScModes.Parse(Field(json, "mode").GetValue<string>()),
            Field(json, "policy").GetValue<string>(),
            Field(json, "budget").GetValue<double>()),
        [.. Field(json, "turns").AsArray().Select(turn => new ScTurnResult(
            Field(turn!.AsObject(), "part").GetValue<string>(),
            Field(turn.AsObject(), "score").GetValue<double>(),
            Field(turn.AsObject(), "digest").GetValue<string>()))],
        Field(json, "bytes").GetValue<long>(),
        new StageCosts(
            Field(json, "flops").GetValue<double>(),
            Field(json, "written").GetValue<double>(),
            Field(json, "found").GetValue<double>(),
            Field(json, "read").GetValue<double>(),
            Field(json, "steps").GetValue<long>(),
            Field(json, "sampled").GetValue<long>()));

    private static JsonNode Field(JsonObject json, string name) => json[name] ?? throw new InvalidOperationException($"\"{name}\" is missing");
}
