using System.Text.Json;

namespace Kvasir.Engine.Verification;

/// <summary>Reads reference files; errors name the file and the field.</summary>
internal static class ReferenceJson
{
    public static JsonDocument Open(string path)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path));
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} is no JSON: {exception.Message}", exception);
        }
    }

    public static JsonElement Get(JsonElement parent, string field, string path)
    {
        if (parent.ValueKind != JsonValueKind.Object || !parent.TryGetProperty(field, out var value) || value.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException($"{path}: the list \"{field}\" is missing");
        return value;
    }

    public static int[] Integers(JsonElement parent, string field, string path) => Convert(Get(parent, field, path), path, field, Integer);

    public static double[] Numbers(JsonElement parent, string field, string path) => Convert(Get(parent, field, path), path, field, Number);

    public static int[][] IntegerRows(JsonElement parent, string field, string path) =>
        Convert(Get(parent, field, path), path, field, row => Convert(row, path, field, Integer));

    public static double[][] NumberRows(JsonElement parent, string field, string path) =>
        Convert(Get(parent, field, path), path, field, row => Convert(row, path, field, Number));

    private static int Integer(JsonElement element) => element.GetInt32();

    private static double Number(JsonElement element) => element.GetDouble();

    private static T[] Convert<T>(JsonElement list, string path, string field, Func<JsonElement, T> convert)
    {
        try
        {
            return [.. list.EnumerateArray().Select(convert)];
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path}: \"{field}\" holds something that is not a number of the right kind", exception);
        }
    }
}
