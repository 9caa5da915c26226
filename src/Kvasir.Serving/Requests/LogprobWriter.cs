using System.Text;
using System.Text.Json;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Kvasir.Models;

namespace Kvasir.Serving.Requests;

/// <summary>Writes log-probabilities as chats have them.</summary>
internal static class LogprobWriter
{
    /// <summary>The lowest that the protocol has; JSON knows no infinity.</summary>
    private const float Lowest = -9999;

    /// <summary>Writes the property <c>logprobs</c> of some tokens.</summary>
    public static void Write(Utf8JsonWriter json, Tokenizer tokenizer, IEnumerable<(int Token, float Logprob, IReadOnlyList<TokenLogprob> Top)> tokens)
    {
        json.WriteStartObject("logprobs");
        json.WriteStartArray("content");
        foreach (var (token, logprob, top) in tokens)
        {
            json.WriteStartObject();
            WriteToken(json, tokenizer, token, logprob);
            json.WriteStartArray("top_logprobs");
            foreach (var other in top)
            {
                json.WriteStartObject();
                WriteToken(json, tokenizer, other.Token, other.Logprob);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNull("refusal");
        json.WriteEndObject();
    }

    /// <summary>The tokens of a whole answer.</summary>
    public static IEnumerable<(int Token, float Logprob, IReadOnlyList<TokenLogprob> Top)> Of(Answer answer) =>
        answer.Tokens.Select((token, i) => (token, answer.Logprobs![i], answer.TopLogprobs![i]));

    /// <summary>A log-probability that JSON can hold.</summary>
    public static float Finite(float logprob) => float.IsFinite(logprob) ? logprob : Lowest;

    /// <summary>A token's text; bytes that are no text alone are replaced.</summary>
    public static string Text(Tokenizer tokenizer, int token) => Encoding.UTF8.GetString(tokenizer.TokenBytes(token));

    private static void WriteToken(Utf8JsonWriter json, Tokenizer tokenizer, int token, float logprob)
    {
        json.WriteString("token", Text(tokenizer, token));
        json.WriteNumber("logprob", Finite(logprob));
        json.WriteStartArray("bytes");
        foreach (var value in tokenizer.TokenBytes(token))
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
