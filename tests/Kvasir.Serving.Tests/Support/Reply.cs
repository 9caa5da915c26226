using System.Text.Json;

namespace Kvasir.Serving.Tests.Support;

/// <summary>A response, read.</summary>
internal sealed record Reply(int Status, string Text, TimeSpan? RetryAfter)
{
    /// <summary>The body as JSON.</summary>
    public JsonElement Json
    {
        get
        {
            using var document = JsonDocument.Parse(Text);
            return document.RootElement.Clone();
        }
    }

    /// <summary>Code of the error.</summary>
    public string? Code => Json.GetProperty("error").GetProperty("code").GetString();

    /// <summary>Field of the error.</summary>
    public string? Field => Json.GetProperty("error").GetProperty("param").GetString();

    /// <summary>Text of a chat's first answer.</summary>
    public string? Answer => Json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();

    /// <summary>Prompt tokens that were reused.</summary>
    public int Cached => Json.GetProperty("usage").GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32();

    public static async Task<Reply> ReadAsync(HttpResponseMessage response) =>
        new((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.RetryAfter?.Delta);
}
