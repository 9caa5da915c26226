using System.Security.Cryptography;
using System.Text;
using Kvasir.Models.Tests.Support;

namespace Kvasir.Models.Tests.Templates;

/// <summary>Every construct gives what @huggingface/jinja gave (Fixtures/templates/expected.bin: four bytes a rendering, zero where it refused).</summary>
public sealed class ExpectedRenderingsTests
{
    public static TheoryData<int, string> Templates
    {
        get
        {
            var data = new TheoryData<int, string>();
            for (int i = 0; i < ConstructTemplates.All.Count; i++)
                data.Add(i, ConstructTemplates.All[i].Name);
            return data;
        }
    }

    public static byte[] Digest(string? text) => text is null ? new byte[4] : SHA256.HashData(Encoding.UTF8.GetBytes(text))[..4];

    [Theory]
    [MemberData(nameof(Templates))]
    public void EveryConversation_IsRenderedAsByTheReference(int index, string name)
    {
        var expected = File.ReadAllBytes(Fixtures.PathOf("templates", "expected.bin"));
        var conversations = TemplateConversations.All;
        Assert.Equal(ConstructTemplates.All.Count * conversations.Count * 4, expected.Length);
        for (int c = 0; c < conversations.Count; c++)
        {
            if (name == "date" && !conversations[c].Json.Contains("date_string", StringComparison.Ordinal))
                continue; // today's date
            string? text = TemplateOracleTests.Render(ConstructTemplates.All[index].Template, conversations[c].Json, out string? refusal);
            Assert.True(
                Digest(text).AsSpan().SequenceEqual(expected.AsSpan(((index * conversations.Count) + c) * 4, 4)),
                $"{name}, {conversations[c].Name}: {text ?? refusal}");
        }
    }
}
