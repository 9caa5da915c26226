using System.Text;

namespace Kvasir.Models.Tests.Files;

public class TextPartTests
{
    [Fact]
    public void WhatAnInnerConfigurationLeavesOut_IsItsFamilysDefault()
    {
        // As the smaller Gemma 3 files have it.
        var model = Read("""
            {"model_type": "gemma3", "vision_config": {}, "text_config": {"model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240,
             "num_hidden_layers": 34, "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024}}
            """);
        Assert.True(model.IsPart);
        Assert.Equal("gemma3_text", model.Config.Architecture);
        Assert.Equal((8, 4, 256, 262208), (model.Config.QueryHeads, model.Config.KvHeads, model.Config.HeadDim, model.Config.VocabSize));
        Assert.Equal((1e6, 8.0, 131072), (model.Config.Rope.Theta, model.Config.Rope.Factor, model.Config.MaxContext));
        Assert.Equal(1024, model.Config.Layer(0).Window);
    }

    [Fact]
    public void PositionsOfPictures_AreThoseOfText_WhereThereIsNothingElse()
    {
        var model = Read("""
            {"model_type": "qwen2_5_vl", "text_config": {"model_type": "qwen2_5_vl_text", "vocab_size": 320, "hidden_size": 64, "intermediate_size": 96,
             "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 1024, "rope_theta": 1000000.0,
             "rope_scaling": {"type": "mrope", "mrope_section": [4, 2, 2]}}}
            """);
        Assert.Equal(("qwen2", RopeScaling.None), (model.Config.Architecture, model.Config.Rope.Scaling));
    }

    [Fact]
    public void UnknownFamilies_AreNamed()
    {
        var refused = Assert.Throws<UnsupportedModelException>(() => Read("""{"model_type": "two", "text_config": {"model_type": "one"}}"""));
        Assert.Contains("\"two\" with a text_config of \"one\"", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("text_config", Assert.Throws<UnsupportedModelException>(() => Read("""{"model_type": "two"}""")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_LoseThePrefixOfThePart()
    {
        var names = TextPart.Names(new Dictionary<string, int>
        {
            ["language_model.model.norm.weight"] = 1, ["language_model.lm_head.weight"] = 2, ["model.language_model.layers.0.mlp.up_proj.weight"] = 3,
            ["vision_tower.norm.weight"] = 4, ["model.embed_tokens.weight"] = 5,
        });
        Assert.Equal((1, 2, 3), (names["model.norm.weight"], names["lm_head.weight"], names["model.layers.0.mlp.up_proj.weight"]));
        Assert.Equal((4, 5), (names["vision_tower.norm.weight"], names["model.embed_tokens.weight"]));
    }

    private static FamilyModel Read(string json) => HuggingFaceConfig.Read(JsonFile.Parse("config.json", Encoding.UTF8.GetBytes(json)));
}
