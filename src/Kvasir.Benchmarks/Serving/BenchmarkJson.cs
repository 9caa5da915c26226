using System.Text.Json.Serialization;

namespace Kvasir.Benchmarks.Serving;

/// <summary>What is written as JSON without reflection.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class BenchmarkJson : JsonSerializerContext;
