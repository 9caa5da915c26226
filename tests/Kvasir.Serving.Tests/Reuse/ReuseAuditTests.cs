using System.Text.Json;
using Kvasir.Engine;
using Kvasir.Engine.Blending.Audit;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Tests.Support;

namespace Kvasir.Serving.Tests.Reuse;

/// <summary>Audits: a policy that deviates is switched off for its tenant, and everybody who may know is told (guarantees G2, G4).</summary>
public sealed class ReuseAuditTests
{
    private const string Path = "/v1/chat/completions";
    private const string Anna = "key-of-anna";
    private const string Björn = "key-of-bjorn";
    private const string Operator = "key-of-the-operator";

    [Fact]
    public async Task APolicyThatDeviates_IsSwitchedOffForItsTenant_AndForNobodyElse()
    {
        // Any deviation at all is too much.
        var audit = new AuditOptions { Rate = 1, MaxDivergence = 1e-12, MinSamples = 1 };
        await using var server = await TestServer.StartAsync(configuration => configuration with
        {
            Models = [configuration.Models[0] with { Engine = new EngineOptions { Audit = audit } }],
            Admin = configuration.Admin with { Key = Operator },
            Tenants = [new TenantConfiguration { Name = "anna", Keys = [Anna] }, new TenantConfiguration { Name = "björn", Keys = [Björn] }],
        });
        await AskAsync(Anna, 0, 1, 2);
        Assert.True(await AskAsync(Anna, 2, 0, 1) > 0);
        var found = Assert.Single(await AuditsAsync(Anna, wait: true));
        Assert.Equal(("anna", true, 1), (found.GetProperty("tenant").GetString(), found.GetProperty("switched_off").GetBoolean(), found.GetProperty("audits").GetInt32()));
        Assert.True(found.GetProperty("divergence").GetDouble() > 0);
        Assert.Equal(0, await AskAsync(Anna, 1, 2, 0));

        Assert.Empty(await AuditsAsync(Björn, wait: false));
        await AskAsync(Björn, 0, 1, 2);
        Assert.True(await AskAsync(Björn, 2, 0, 1) > 0);

        var metrics = (await server.GetAsync("/metrics")).Text;
        Assert.Matches("kvasir_audit_switched_off\\{[^}]*kvasir_tenant=\"anna\"[^}]*\\} 1", metrics);
        Assert.Matches("kvasir_chunks_kept\\{[^}]*\\} [1-9]", metrics);
        Assert.Matches("kvasir_tokens_blended_total\\{[^}]*\\} [1-9]", metrics);
        var listed = (await server.GetAsync("/admin/audits", Operator, server.AdminAddress)).Json.GetProperty("models")[0].GetProperty("audits");
        Assert.Contains("anna", listed.EnumerateArray().Select(one => one.GetProperty("tenant").GetString()));

        async Task<int> AskAsync(string key, params int[] order)
        {
            var reply = await server.PostAsync(Path, ReuseBodies.Chat(ReuseBodies.Policy("naive", 0), mark: true, order).ToJsonString(), key);
            return reply.Json.GetProperty("usage").GetProperty("kvasir").GetProperty("blended_tokens").GetInt32();
        }

        async Task<JsonElement[]> AuditsAsync(string key, bool wait)
        {
            var status = await server.WaitForAsync(status => !wait || Audits(status).Length > 0, key);
            return Audits(status);
        }

        static JsonElement[] Audits(JsonElement status) => [.. status.GetProperty("models")[0].GetProperty("audits").EnumerateArray()];
    }
}
