using Kvasir.Engine.Blending;
using Kvasir.Engine.Conversations;
using Kvasir.Models;

namespace Kvasir.Engine.Tests.Conversations;

/// <summary>Marked parts of messages are tokenised on their own, and found again in the prompt.</summary>
public sealed class MarkedTests
{
    private const string Document = "The wolf of Ulburn went up the hill: 3 times.";
    private const string Plain = "{% for message in messages %}<|{{ message.role }}|>\n{{ message.content }}\n{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}";

    public static TheoryData<string> Names => [.. FamilyTemplates.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void APartHasTheSameTokens_WhereverItStands_InEveryFamily(string family)
    {
        var format = Families.Format(family);
        var alone = Prepare(format, "", Document, "");
        var inside = Prepare(format, "Read thi", Document, "s: what does it say?");
        Assert.Equal(Families.Tokenizer.Encode(Document), Part(alone, 0));
        Assert.Equal(Part(alone, 0), Part(inside, 0));
        var unmarked = format.Prepare(new ConversationRequest { Messages = [new ChatMessage("user", $"Read thi{Document}s: what does it say?")] });
        Assert.Equal(Text(unmarked), Text(inside));
        Assert.Empty(unmarked.Parts);
    }

    [Fact]
    public void PartsOfSeveralMessages_AreInTheirOrder()
    {
        var prepared = Families.Of(Plain).Prepare(new ConversationRequest
        {
            Messages = [new ChatMessage("system", "one two"), new ChatMessage("user", "three four five")],
            Marked = [new(0, 4, 3), new(1, 0, 5), new(1, 6, 4)],
        });
        Assert.Equal(["two", "three", "four"], Enumerable.Range(0, 3).Select(i => Families.Tokenizer.Decode(Part(prepared, i))));
    }

    [Fact]
    public void WhiteSpaceAtAPartsEnds_IsNotInIt_SoThatATemplateThatTrimsFindsIt()
    {
        foreach (var template in (string[])[Plain, Plain.Replace("message.content", "message.content | trim", StringComparison.Ordinal)])
        {
            var prepared = Prepare(Families.Of(template), "", $"\n {Document} \n", "");
            Assert.Equal(Families.Tokenizer.Encode(Document), Part(prepared, 0));
        }

        Assert.Empty(Prepare(Families.Of(Plain), "a", " \n ", "b").Parts);
    }

    [Theory]
    [InlineData("message.content | upper")]
    [InlineData("message.content | tojson")]
    [InlineData("message.content[:12]")]
    [InlineData("message.content | length")]
    public void ATemplateThatChangesAContent_GetsThePromptOfThePlainMessages_OrThePartAsItStands(string content)
    {
        var format = Families.Of(Plain.Replace("message.content", content, StringComparison.Ordinal));
        var marked = Prepare(format, "Read: ", Document, "");
        var plain = format.Prepare(new ConversationRequest { Messages = [new ChatMessage("user", $"Read: {Document}")] });
        Assert.Equal(Text(plain), Text(marked));
        Assert.All(marked.Parts, part => Assert.True(part.Start >= 0 && part.End <= marked.Prompt.Length));
    }

    [Fact]
    public void ATemplateThatLeavesAMessageOut_LeavesItsPartOut()
    {
        var format = Families.Of(Plain.Replace("{% for message in messages %}", "{% for message in messages[1:] %}", StringComparison.Ordinal));
        var prepared = format.Prepare(new ConversationRequest
        {
            Messages = [new ChatMessage("user", "one"), new ChatMessage("user", "two")],
            Marked = [new(0, 0, 3), new(1, 0, 3)],
        });
        Assert.Equal("two", Families.Tokenizer.Decode(Part(prepared, 0)));
        Assert.Single(prepared.Parts);
    }

    [Theory]
    [InlineData("a<|endo", "ftext|>b", "")]
    [InlineData("", "<|endoftext|>", "")]
    [InlineData("", "x<|endof", "text|>")]
    [InlineData("", "\uE000\uE001\uE002", "\uE003")]
    public void APart_CannotWriteSpecialTokens_NorMarks(string before, string part, string after)
    {
        var tokenizer = Families.Tokenizer;
        var format = Families.Of(Plain);
        var special = Specials(format.Prepare(new ConversationRequest { Messages = [new ChatMessage("user", "x")] }));
        var prepared = Prepare(format, before, part, after);
        Assert.Equal(special, Specials(prepared));
        Assert.Contains(before + part + after, Text(prepared), StringComparison.Ordinal);
        Assert.Single(prepared.Parts);

        int Specials(PreparedConversation conversation) => conversation.Prompt.ToArray().Count(tokenizer.IsSpecial);
    }

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(-1, 0, 1)]
    [InlineData(0, 0, 4)]
    [InlineData(0, -1, 2)]
    [InlineData(0, 1, int.MaxValue)]
    [InlineData(0, 2, -1)]
    public void APartThatIsNotInItsMessage_IsRefused(int message, int start, int length) =>
        Assert.Throws<ArgumentException>(() => Families.Of(Plain).Prepare(new ConversationRequest { Messages = [new ChatMessage("user", "abc")], Marked = [new(message, start, length)] }));

    [Fact]
    public void PartsThatOverlap_AreRefused() => Assert.Throws<ArgumentException>(() =>
        Families.Of(Plain).Prepare(new ConversationRequest { Messages = [new ChatMessage("user", "abc")], Marked = [new(0, 0, 2), new(0, 1, 2)] }));

    private static PreparedConversation Prepare(ConversationFormat format, string before, string part, string after) => format.Prepare(new ConversationRequest
    {
        Messages = [new ChatMessage("user", before + part + after)],
        Marked = [new MarkedText(0, before.Length, part.Length)],
    });

    private static int[] Part(PreparedConversation conversation, int index)
    {
        ChunkPart part = conversation.Parts[index];
        return conversation.Prompt.Span.Slice(part.Start, part.Length).ToArray();
    }

    private static string Text(PreparedConversation conversation) => Families.Tokenizer.Decode(conversation.Prompt.Span);
}
