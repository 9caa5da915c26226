using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using Kvasir.Serving.Configuration;

namespace Kvasir.Serving.Tests.Settings;

public sealed class ConfigurationTests : IDisposable
{
    private const string Variable = "KVASIR_LIMITS__TENANTREQUESTS";

    private readonly string _folder = Directory.CreateTempSubdirectory("kvasir-tests-").FullName;

    [Fact]
    public void FlagsWinOverVariables_AndVariablesOverTheFile()
    {
        var file = Write("""{"model":"a.gguf","limits":{"tenantRequests":1,"maxBody":"2MiB","queueTime":"5s"}}""");
        Assert.Equal(1, Read(file).Limits.TenantRequests);
        Environment.SetEnvironmentVariable(Variable, "2");
        Assert.Equal(2, Read(file).Limits.TenantRequests);
        var flagged = Read(file, ("limits.tenantRequests", "3"));
        Assert.Equal(3, flagged.Limits.TenantRequests);
        Assert.Equal((2L << 20, TimeSpan.FromSeconds(5)), (flagged.Limits.MaxBody, flagged.Limits.QueueTime));
        Assert.Equal("a", Assert.Single(flagged.Models).EffectiveName);
    }

    [Fact]
    public void ModelsTenantsAndAdapters_AreRead()
    {
        var read = Read(Write("""
            {
              "engine": { "kvType": "q8_0", "maxSequences": 8 },
              "models": [{ "path": "m.gguf", "name": "m", "aliases": ["x", "y"], "idleUnload": "10m", "engine": { "maxSequences": 4 },
                           "adapters": [{ "name": "style", "path": "style" }] }],
              "tenants": [{ "name": "anna", "keys": ["0123456789"], "maxRequests": 3, "publicScope": false }]
            }
            """));
        var model = Assert.Single(read.Models);
        Assert.Equal(("m", 4, TimeSpan.FromMinutes(10)), (model.Name, model.Engine.MaxSequences, model.IdleUnload));
        Assert.Equal(Kvasir.Numerics.Attention.KvDataType.Q8_0, model.Engine.KvType);
        Assert.Equal(["x", "y"], model.Aliases);
        Assert.Equal("style", Assert.Single(model.Adapters).Name);
        var tenant = Assert.Single(read.Tenants);
        Assert.Equal(("anna", 3, false), (tenant.Name, tenant.MaxRequests, tenant.PublicScope));
    }

    [Theory]
    [InlineData("""{"limit":{}}""", "there is no setting 'limit'; did you mean 'limits'?")]
    [InlineData("""{"limits":{"maxbodies":"1MiB"}}""", "there is no setting 'limits.maxbodies'; did you mean 'limits.maxBody'?")]
    [InlineData("""{"limits":{"maxBody":"much"}}""", "limits.maxBody is 'much'; expected a size")]
    [InlineData("""{"limits":{"queueTime":"5"}}""", "limits.queueTime is '5'; expected a time")]
    [InlineData("""{"limits":7}""", "limits is '7'; expected an object")]
    [InlineData("""{"page":"maybe"}""", "page is 'maybe'; expected true or false")]
    [InlineData("""{"engine":{"threads":0}}""", "engine.threads is '0'; expected a whole number, 1 or more")]
    [InlineData("""{"engine":{"kvType":"f8"}}""", "engine.kvType is 'f8'; expected one of")]
    [InlineData("""{"models":[{"name":"a","size":1}]}""", "there is no setting 'models[0].size'")]
    [InlineData("""{"page":""", "cannot be read")]
    public void WhatIsWrong_IsSaidByName(string json, string expected)
    {
        var error = Assert.Throws<ConfigurationException>(() => Read(Write(json)));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingFile_IsSaid() => Assert.Throws<ConfigurationException>(() => Read(Path.Combine(_folder, "none.json")));

    [Fact]
    public void WhatIsPrinted_ReadsAsTheSame_AndShowsNoSecret()
    {
        var file = ConfigurationFile.Open(Write("""{"model":"a.gguf","apiKey":"very-secret","admin":{"key":"more-secret"},"cache":{"secret":"most-secret"},"drainTimeout":"90s"}"""), []);
        var printed = file.Print();
        Assert.DoesNotContain("secret\"", printed.Replace("\"secret\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
        var again = ConfigurationFile.Open(Write(printed), []);
        Assert.Equal(printed, again.Print());
        Assert.Equal(TimeSpan.FromSeconds(90), again.Read().DrainTimeout);
    }

    [Fact]
    public void TheSchema_AdmitsWhatIsPrinted_AndNothingUnknown()
    {
        var schema = JsonSchema.FromText(ConfigurationFile.Schema());
        var printed = JsonNode.Parse(ConfigurationFile.Open(Write("""{"$schema":"kvasir.schema.json","model":"a.gguf"}"""), []).Print())!.AsObject();
        RemoveEmpty(printed);
        Assert.True(Admits(schema, printed.ToJsonString()));
        Assert.False(Admits(schema, """{"modell":"a.gguf"}"""));
        Assert.False(Admits(schema, """{"limits":{"maxBody":"much"}}"""));
    }

    [Fact]
    public void TheSchemaInTheRepository_IsTheOneOfTheCode()
    {
        var path = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(TestModel.Fixture()))!, "docs", "kvasir.schema.json");
        Assert.True(
            File.Exists(path) && File.ReadAllText(path).Trim() == ConfigurationFile.Schema().Trim(),
            "docs/kvasir.schema.json is out of date; write it anew with ./kvasir serve --print-schema > docs/kvasir.schema.json");
    }

    [Theory]
    [InlineData("1m", 60)]
    [InlineData("250ms", 0.25)]
    [InlineData("1.5h", 5400)]
    [InlineData("0", 0)]
    public void Times_ReadAsTheyAreWritten(string text, double seconds)
    {
        Assert.True(Units.TryParseTime(text, out var time));
        Assert.Equal(seconds, time.TotalSeconds);
        Assert.True(Units.TryParseTime(Units.Time(time), out var again));
        Assert.Equal(time, again);
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Variable, null);
        Directory.Delete(_folder, recursive: true);
    }

    private static void RemoveEmpty(JsonObject section)
    {
        foreach (var empty in section.Where(property => property.Value is null).Select(property => property.Key).ToArray())
            section.Remove(empty);
        foreach (var inner in section.Select(property => property.Value).OfType<JsonObject>())
            RemoveEmpty(inner);
    }

    private static bool Admits(JsonSchema schema, string json)
    {
        using var document = JsonDocument.Parse(json);
        return schema.Evaluate(document.RootElement).IsValid;
    }

    private static ServerConfiguration Read(string file, params (string Name, string Value)[] flags) =>
        ConfigurationFile.Open(file, flags.Select(flag => KeyValuePair.Create(flag.Name, (string?)flag.Value))).Read();

    private string Write(string json)
    {
        var path = Path.Combine(_folder, $"{Guid.NewGuid():N}.json");
        File.WriteAllText(path, json);
        return path;
    }
}
