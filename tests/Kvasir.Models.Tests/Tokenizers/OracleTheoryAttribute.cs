namespace Kvasir.Models.Tests.Tokenizers;

/// <summary>Tests that ask another implementation, which is not part of the repository.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OracleTheoryAttribute : TheoryAttribute
{
    public OracleTheoryAttribute()
    {
        if (TokenizerOracle.Folder is null)
            Skip = "set KVASIR_TOKENIZERS to a folder where \"npm install @anush008/tokenizers @huggingface/tokenizers\" was run, with node on the path";
    }
}
