using System.Collections.Concurrent;
using System.Diagnostics;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Tests.Support;

namespace Kvasir.Serving.Tests.Server;

/// <summary>Traces by OpenTelemetry's conventions for generative AI.</summary>
public sealed class TelemetryTests
{
    private const string Secret = "the password is swordfish";
    private const string Chat = "{\"messages\":[{\"role\":\"user\",\"content\":\"" + Secret + "\"}],\"max_tokens\":3,\"ignore_eos\":true}";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ASpan_SaysWhatARequestCost_AndItsContentOnlyWhereTheOperatorWantsIt(bool content)
    {
        // The name of the model tells this test's spans from those of tests beside it.
        var model = $"traced-{content}";
        var spans = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Kvasir",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        await using var server = await TestServer.StartAsync(configuration => configuration with
        {
            Models = [configuration.Models[0] with { Name = model }],
            Telemetry = configuration.Telemetry with { Content = content },
        });
        Assert.Equal(200, (await server.PostAsync("/v1/chat/completions", Chat)).Status);
        await server.WaitForAsync(status => status.GetProperty("server").GetProperty("requests").GetProperty("finished").GetInt32() == 1);
        var span = Assert.Single(spans, span => span.DisplayName == $"chat {model}");
        Assert.Equal("chat", span.GetTagItem("gen_ai.operation.name"));
        Assert.Equal("kvasir", span.GetTagItem("gen_ai.provider.name"));
        Assert.Equal(model, span.GetTagItem("gen_ai.request.model"));
        Assert.Equal(3, span.GetTagItem("gen_ai.usage.output_tokens"));
        Assert.Equal(["length"], Assert.IsType<string[]>(span.GetTagItem("gen_ai.response.finish_reasons")));
        Assert.Equal(content, span.TagObjects.Any(tag => tag.Value is string text && text.Contains(Secret, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ARefusal_LeavesNoContentInTheMetrics()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/v1/chat/completions", Chat.Replace("\"max_tokens\":3", "\"max_tokens\":\"many\"", StringComparison.Ordinal));
        var metrics = (await server.GetAsync("/metrics")).Text;
        Assert.Contains("kvasir_outcome=\"refused\"", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("swordfish", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_NeedAKey_WhereTheOperatorWantsIt()
    {
        await using var server = await TestServer.StartAsync(configuration => configuration with
        {
            Tenants = [new TenantConfiguration { Name = "anna", Keys = ["key-of-anna"] }],
            Telemetry = configuration.Telemetry with { MetricsNeedKey = true },
        });
        Assert.Equal(401, (await server.GetAsync("/metrics")).Status);
        Assert.Equal(200, (await server.GetAsync("/metrics", "key-of-anna")).Status);
    }
}
