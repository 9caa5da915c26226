namespace Kvasir.Models;

/// <summary>
/// Reads config.json of a Hugging Face folder, of transformers 4 and 5: finds the family's reader by <c>model_type</c>.
/// </summary>
internal static class HuggingFaceConfig
{
    private static readonly Dictionary<string, Func<FamilyFields, FamilyModel>> Families = new()
    {
        ["llama"] = LlamaFamilies.Llama,
        ["mistral"] = LlamaFamilies.Mistral,
        ["ministral"] = LlamaFamilies.Mistral,
        ["ministral3"] = LlamaFamilies.Ministral3,
        ["mixtral"] = ExpertFamilies.Mixtral,
        ["qwen2"] = LlamaFamilies.Qwen2,
        ["qwen2_moe"] = ExpertFamilies.Qwen2,
        ["qwen3"] = LlamaFamilies.Qwen3,
        ["qwen3_moe"] = ExpertFamilies.Qwen3,
        ["gemma"] = GemmaFamilies.Gemma,
        ["gemma2"] = GemmaFamilies.Gemma2,
        ["gemma3_text"] = GemmaFamilies.Gemma3,
        ["phi"] = OtherFamilies.Phi,
        ["phi3"] = OtherFamilies.Phi3,
        ["gpt2"] = GptFamilies.Gpt2,
        ["gpt_neox"] = GptFamilies.NeoX,
        ["gptj"] = GptFamilies.GptJ,
        ["opt"] = GptFamilies.Opt,
        ["bloom"] = GptFamilies.Bloom,
        ["falcon"] = GptFamilies.Falcon,
        ["stablelm"] = OtherFamilies.StableLm,
        ["starcoder2"] = OtherFamilies.StarCoder2,
        ["olmo2"] = LlamaFamilies.Olmo2,
        ["cohere"] = OtherFamilies.Cohere,
        ["cohere2"] = OtherFamilies.Cohere2,
        ["glm"] = fields => OtherFamilies.Glm(fields, outputNorms: false),
        ["glm4"] = fields => OtherFamilies.Glm(fields, outputNorms: true),
        ["granite"] = LlamaFamilies.Granite,
        ["granitemoe"] = ExpertFamilies.Granite,
        ["granitemoeshared"] = ExpertFamilies.Granite,
        ["granitemoehybrid"] = RecurrentFamilies.GraniteHybrid,
        ["smollm3"] = LlamaFamilies.SmolLm3,
        ["gpt_oss"] = ExpertFamilies.GptOss,
        ["deepseek_v2"] = fields => ExpertFamilies.DeepSeek(fields, sigmoid: false),
        ["deepseek_v3"] = fields => ExpertFamilies.DeepSeek(fields, sigmoid: true),
        ["mamba"] = MambaFamilies.Mamba,
        ["jamba"] = MambaFamilies.Jamba,
        ["mamba2"] = RecurrentFamilies.Mamba2,
        ["bamba"] = RecurrentFamilies.Bamba,
        ["bert"] = EncoderFamilies.Bert,
        ["roberta"] = EncoderFamilies.Roberta,
        ["xlm-roberta"] = EncoderFamilies.Roberta,
        ["camembert"] = EncoderFamilies.Roberta,
        ["distilbert"] = EncoderFamilies.DistilBert,
        ["modernbert"] = EncoderFamilies.ModernBert,
    };

    /// <summary>Every <c>model_type</c> that is read, in the order of the alphabet.</summary>
    public static IEnumerable<string> Names => Families.Keys.Order(StringComparer.Ordinal);

    public static FamilyModel Read(JsonField json)
    {
        string name = json.Find("model_type")?.String() ?? "";
        var part = Families.ContainsKey(name) ? null : TextPart.Find(json);
        string family = part?.Family ?? name;
        if (!Families.TryGetValue(family, out var read))
        {
            string inside = part is null ? "" : $" with a text_config of \"{family}\"";
            throw new UnsupportedModelException(json.Path, $"model_type \"{name}\"{inside} is not supported; supported are {string.Join(", ", Names)}");
        }

        var model = read(new FamilyFields(part?.Config ?? json));
        return model with { IsPart = part is not null, Config = ConfigLimits.Check(json.Path, model.Config with { Architecture = family }) };
    }
}
