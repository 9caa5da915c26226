using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Kvasir.Engine.Conversations.Parsing;

/// <summary>Text as a JSON string; lone surrogates become U+FFFD.</summary>
internal static class JsonQuote
{
    public static string Quote(string text) =>
        $"\"{JsonEncodedText.Encode(Encoding.UTF8.GetBytes(text), JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
