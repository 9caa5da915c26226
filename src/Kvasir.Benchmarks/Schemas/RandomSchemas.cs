using System.Text.Json.Nodes;

namespace Kvasir.Benchmarks.Schemas;

/// <summary>
/// A seeded generator of JSON schemas: nested objects and arrays, enums, bounds, patterns, formats, unions, conditions and recursive
/// references. The same seed gives the same schema everywhere. Most are satisfiable; some few are not, or ask for what no grammar can do.
/// </summary>
public static class RandomSchemas
{
    private static readonly string[] Names = ["id", "name", "kind", "value", "tags", "child", "größe", "a/b", "say \"hi\"", "x"];
    private static readonly string[] Patterns = ["^[a-z]{2,5}$", "^\\d{3}-\\d{4}$", "^(red|green|blue)$", "[A-Z]", "^[^\\s]+$", "^\\p{Lu}[a-zé]*$", "^$|^x+", "a.b", "^.{3,7}$"];
    private static readonly string[] Formats = ["date", "date-time", "time", "uuid", "email", "ipv4", "ipv6", "uri", "hostname"];

    /// <summary>The schema of a seed.</summary>
    public static JsonObject Create(int seed)
    {
        var random = new Random(seed);
        var schema = Make(random, 3);
        if (random.Next(3) == 0)
        {
            schema = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["tree"] = Reference("tree"), ["rest"] = schema }, ["required"] = new JsonArray("tree") };
        }

        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
        schema["$defs"] = new JsonObject
        {
            ["tree"] = new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject
                {
                    ["label"] = new JsonObject { ["type"] = "string", ["maxLength"] = 8 },
                    ["children"] = new JsonObject { ["type"] = "array", ["items"] = Reference("tree"), ["maxItems"] = 3 },
                },
                ["required"] = new JsonArray("label"),
                ["additionalProperties"] = false,
            },
            ["list"] = new JsonObject
            {
                ["anyOf"] = new JsonArray(
                    new JsonObject { ["type"] = "null" },
                    new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["head"] = new JsonObject { ["type"] = "integer" }, ["tail"] = Reference("list") }, ["required"] = new JsonArray("head", "tail"), ["additionalProperties"] = false }),
            },
        };
        return schema;
    }

    private static JsonObject Make(Random random, int depth) => random.Next(depth > 0 ? 14 : 6) switch
    {
        0 => Text(random),
        1 => Integer(random),
        2 => Number(random),
        3 => new JsonObject { ["enum"] = new JsonArray("on", "off", 3, 2.5, true, null, new JsonArray(1, "b"), new JsonObject { ["k"] = 1 }) },
        4 => new JsonObject { ["type"] = new JsonArray("boolean", "null") },
        5 => Reference(random.Next(2) == 0 ? "tree" : "list"),
        6 or 7 or 8 => Object(random, depth),
        9 or 10 => Array(random, depth),
        11 => new JsonObject { ["anyOf"] = new JsonArray(Make(random, depth - 1), Make(random, depth - 1)) },
        12 => OneOf(random, depth),
        _ => Combined(random, depth),
    };

    private static JsonObject Text(Random random)
    {
        var schema = new JsonObject { ["type"] = "string" };
        switch (random.Next(4))
        {
            case 0:
                schema["minLength"] = random.Next(4);
                schema["maxLength"] = random.Next(4, 12);
                break;
            case 1:
                schema["pattern"] = Patterns[random.Next(Patterns.Length)];
                break;
            case 2:
                schema["format"] = Formats[random.Next(Formats.Length)];
                break;
        }

        return schema;
    }

    private static JsonObject Integer(Random random)
    {
        var schema = new JsonObject { ["type"] = "integer" };
        var low = random.Next(-2000, 2000);
        if (random.Next(3) > 0)
            schema[random.Next(2) == 0 ? "minimum" : "exclusiveMinimum"] = low;
        if (random.Next(3) > 0)
            schema[random.Next(2) == 0 ? "maximum" : "exclusiveMaximum"] = low + random.Next(20, 5000);
        if (random.Next(4) == 0)
            schema["multipleOf"] = random.Next(1, 15);
        return schema;
    }

    private static JsonObject Number(Random random)
    {
        var schema = new JsonObject { ["type"] = "number" };
        var low = random.Next(-5000, 5000) / 100m;
        if (random.Next(3) > 0)
            schema[random.Next(2) == 0 ? "minimum" : "exclusiveMinimum"] = low;
        if (random.Next(3) > 0)
            schema[random.Next(2) == 0 ? "maximum" : "exclusiveMaximum"] = low + (random.Next(50, 100_000) / 1000m);
        if (random.Next(5) == 0)
            schema["multipleOf"] = 0.25m;
        return schema;
    }

    private static JsonObject Object(Random random, int depth)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var name in Names.OrderBy(_ => random.Next()).Take(random.Next(1, 5)))
        {
            properties[name] = Make(random, depth - 1);
            if (random.Next(2) == 0)
                required.Add((JsonNode?)name);
        }

        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties, ["required"] = required };
        switch (random.Next(6))
        {
            case 0 or 1 or 2:
                schema["additionalProperties"] = false;
                break;
            case 3:
                schema["additionalProperties"] = Make(random, 0);
                break;
            case 4:
                schema["patternProperties"] = new JsonObject { ["^x_"] = Make(random, 0) };
                schema["additionalProperties"] = false;
                break;
        }

        if (random.Next(5) == 0)
            schema["minProperties"] = random.Next(1, properties.Count + 1);
        if (random.Next(5) == 0)
            schema["maxProperties"] = properties.Count;
        return schema;
    }

    private static JsonObject Array(Random random, int depth)
    {
        var schema = new JsonObject { ["type"] = "array" };
        switch (random.Next(5))
        {
            case 0:
                schema["prefixItems"] = new JsonArray(Make(random, depth - 1), Make(random, depth - 1));
                schema["items"] = random.Next(2) == 0 ? false : Make(random, 0);
                break;
            case 1:
                schema["items"] = new JsonObject { ["enum"] = new JsonArray("a", "b", "c", 1) };
                schema["uniqueItems"] = true;
                break;
            case 2:
                schema["items"] = new JsonObject { ["type"] = new JsonArray("integer", "string") };
                schema["contains"] = new JsonObject { ["type"] = "integer", ["minimum"] = 10 };
                if (random.Next(2) == 0)
                    schema["maxContains"] = 2;
                break;
            default:
                schema["items"] = Make(random, depth - 1);
                break;
        }

        if (random.Next(2) == 0)
            schema["minItems"] = random.Next(3);
        if (random.Next(2) == 0)
            schema["maxItems"] = random.Next(3, 6);
        return schema;
    }

    private static JsonObject OneOf(Random random, int depth) => random.Next(3) switch
    {
        0 => new JsonObject { ["oneOf"] = new JsonArray(Variant("circle", Make(random, depth - 1)), Variant("square", Make(random, depth - 1))) },
        1 => new JsonObject { ["oneOf"] = new JsonArray(Integer(random), Number(random), Text(random)) },
        _ => new JsonObject { ["oneOf"] = new JsonArray(Text(random), new JsonObject { ["enum"] = new JsonArray("abc", "123-4567", "red", 7) }) },
    };

    private static JsonObject Combined(Random random, int depth) => random.Next(3) switch
    {
        0 => new JsonObject { ["allOf"] = new JsonArray(Integer(random), new JsonObject { ["not"] = new JsonObject { ["enum"] = new JsonArray(0, 1, 10) } }) },
        1 => new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject { ["kind"] = new JsonObject { ["enum"] = new JsonArray("a", "b") }, ["value"] = new JsonObject { ["type"] = new JsonArray("string", "integer") } },
            ["required"] = new JsonArray("kind", "value"),
            ["if"] = new JsonObject { ["properties"] = new JsonObject { ["kind"] = new JsonObject { ["const"] = "a" } } },
            ["then"] = new JsonObject { ["properties"] = new JsonObject { ["value"] = Text(random) } },
            ["else"] = new JsonObject { ["properties"] = new JsonObject { ["value"] = Integer(random) } },
        },
        _ => new JsonObject { ["allOf"] = new JsonArray(Object(random, depth), new JsonObject { ["properties"] = new JsonObject { ["id"] = Integer(random) } }) },
    };

    private static JsonObject Variant(string kind, JsonObject value) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject { ["kind"] = new JsonObject { ["const"] = kind }, ["value"] = value },
        ["required"] = new JsonArray("kind", "value"),
        ["additionalProperties"] = false,
    };

    private static JsonObject Reference(string name) => new() { ["$ref"] = $"#/$defs/{name}" };
}
