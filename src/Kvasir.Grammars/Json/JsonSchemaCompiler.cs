using System.Text.Json;
using Kvasir.Grammars.Syntax;

namespace Kvasir.Grammars.Json;

internal static class JsonSchemaCompiler
{
    public static Node Compile(JsonElement schema, JsonSchemaOptions options)
    {
        if (schema.ValueKind is not (JsonValueKind.Object or JsonValueKind.True))
            throw new GrammarException("#: a schema is an object or a boolean");
        return JsonText.AnyValue(options.Whitespace);
    }
}
