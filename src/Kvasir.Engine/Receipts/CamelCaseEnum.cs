using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kvasir.Engine.Receipts;

/// <summary>Writes an enumeration by the names of its members, as JSON writes names.</summary>
internal sealed class CamelCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase)
    where T : struct, Enum;
