using System.Text.Json;
using System.Text.Json.Serialization;
using Kvasir.Engine.Plans;
using Kvasir.Engine.Requests;

namespace Kvasir.Engine.Receipts;

/// <summary>How receipts are written; made when the room is compiled, so that it needs no reflection.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, // a logit bias may be infinite
    Converters = [typeof(CamelCaseEnum<FinishReason>), typeof(CamelCaseEnum<SpanOrigin>)])]
[JsonSerializable(typeof(Receipt))]
internal sealed partial class ReceiptJson : JsonSerializerContext;
