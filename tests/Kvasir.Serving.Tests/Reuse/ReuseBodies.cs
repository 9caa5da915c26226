using System.Text.Json.Nodes;

namespace Kvasir.Serving.Tests.Reuse;

/// <summary>Bodies of requests about documents.</summary>
internal static class ReuseBodies
{
    /// <summary>Three documents, each long enough to be worth reusing.</summary>
    public static readonly string[] Documents =
    [
        "The wolf of Ulburn went up the hill in the snow to see the sun rise over the river, and came back in the evening.",
        "Corgate was founded by a man who sold kettles; he had a blue one himself, and gave it to nobody as long as he lived.",
        "A raven sees the plain below and the market of plums; it takes one of them every day and hides it under a stone.",
    ];

    /// <summary>A chat about documents in this order; each is a marked part.</summary>
    public static JsonObject Chat(JsonNode? reuse, bool mark, params ReadOnlySpan<int> order)
    {
        var content = new JsonArray();
        foreach (var number in order)
        {
            var part = new JsonObject { ["type"] = "text", ["text"] = Documents[number] };
            if (mark)
                part["kvasir"] = new JsonObject { ["cache"] = true };
            content.Add((JsonNode)part);
            content.Add((JsonNode)new JsonObject { ["type"] = "text", ["text"] = "\n" });
        }

        content.Add((JsonNode)new JsonObject { ["type"] = "text", ["text"] = "Who went up the hill?" });
        var body = new JsonObject
        {
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = content }),
            ["max_tokens"] = 4,
            ["temperature"] = 0,
            ["ignore_eos"] = true,
        };
        if (reuse is not null)
            body["kvasir"] = new JsonObject { ["reuse"] = reuse };
        return body;
    }

    /// <summary>A policy with its ratio, as an object.</summary>
    public static JsonObject Policy(string name, double ratio) => new() { ["policy"] = name, ["ratio"] = ratio, ["min_tokens"] = 8 };
}
