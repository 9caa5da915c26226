namespace Kvasir.Models.Tests.Tokenizers;

public class UnicodeFormsTests
{
    [Theory]
    [InlineData("e\u0301", "\u00E9", "e\u0301", "\u00E9", "e\u0301")]
    [InlineData("\u212B", "\u00C5", "A\u030A", "\u00C5", "A\u030A")]
    [InlineData("\uFB01\u2460\u00BD", "\uFB01\u2460\u00BD", "\uFB01\u2460\u00BD", "fi11\u20442", "fi11\u20442")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307", "q\u0323\u0307", "q\u0323\u0307", "q\u0323\u0307")]
    [InlineData("\u1112\u1161\u11AB", "\uD55C", "\u1112\u1161\u11AB", "\uD55C", "\u1112\u1161\u11AB")]
    [InlineData("\uD55C\u11AB", "\uD55C\u11AB", "\u1112\u1161\u11AB\u11AB", "\uD55C\u11AB", "\u1112\u1161\u11AB\u11AB")]
    [InlineData("\u0958", "\u0915\u093C", "\u0915\u093C", "\u0915\u093C", "\u0915\u093C")]
    [InlineData("a\u0328\u0301b", "\u0105\u0301b", "a\u0328\u0301b", "\u0105\u0301b", "a\u0328\u0301b")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165", "\U0001D157\U0001D165", "\U0001D157\U0001D165", "\U0001D157\U0001D165")]
    [InlineData("plain", "plain", "plain", "plain", "plain")]
    public void Forms_AreThoseOfTheStandard(string text, string nfc, string nfd, string nfkc, string nfkd)
    {
        Assert.Equal(nfc, UnicodeForms.Normalize(text, compose: true, compatible: false));
        Assert.Equal(nfd, UnicodeForms.Normalize(text, compose: false, compatible: false));
        Assert.Equal(nfkc, UnicodeForms.Normalize(text, compose: true, compatible: true));
        Assert.Equal(nfkd, UnicodeForms.Normalize(text, compose: false, compatible: true));
    }

    [Fact]
    public void ALongRunOfMarks_IsOrderedLikeAShortOne()
    {
        string marks = string.Concat(Enumerable.Repeat("\u0301\u0323", 50_000));
        string ordered = UnicodeForms.Normalize("x" + marks, compose: false, compatible: false);
        Assert.Equal("x" + new string('\u0323', 50_000) + new string('\u0301', 50_000), ordered);
    }

    [Fact]
    public void ATextInItsForm_IsNotCopied()
    {
        string text = "Zürich, 東京 é";
        Assert.Same(text, UnicodeForms.Normalize(text, compose: true, compatible: false));
        Assert.False(UnicodeForms.MayChange("ASCII \n text", compose: false, compatible: true));
    }
}
