using Kvasir.Serving.Configuration;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Telemetry;
using Kvasir.Serving.Tenancy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Kvasir.Serving.Pipeline;

/// <summary>What every request passes: the key, the limits, errors in the protocol's shape, the account of how it ended.</summary>
internal sealed partial class RequestPipeline(
    ServerConfiguration configuration, TenantDirectory tenants, DrainGate gate, ServerMetrics metrics, TimeProvider time, ILogger<RequestPipeline> log)
{
    /// <summary>When to come again while the server drains: another one may be up by then.</summary>
    private static readonly TimeSpan DrainRetry = TimeSpan.FromSeconds(5);

    /// <summary>A request that costs work: it is counted, limited and traced.</summary>
    /// <param name="operation">What it does, for traces and metrics.</param>
    /// <param name="handle">Answers it.</param>
    public RequestDelegate Work(string operation, Func<ApiCall, Task> handle) => async http =>
    {
        var started = time.GetTimestamp();
        var outcome = CallOutcome.Finished;
        var tenant = "";
        CallTrace? trace = null;
        metrics.Begin();
        try
        {
            var caller = tenants.Authenticate(http.Request);
            tenant = caller.Name;
            if (!gate.TryEnter())
                throw ApiException.Unavailable("draining", "the server is stopping and takes no further requests", DrainRetry);
            try
            {
                trace = new CallTrace(metrics, operation, tenant, configuration.Telemetry.Content);
                outcome = await EnterAsync(http, caller, trace, handle).ConfigureAwait(false);
            }
            finally
            {
                gate.Leave();
            }
        }
        catch (ApiException error)
        {
            outcome = error.Status >= StatusCodes.Status500InternalServerError && error.RetryAfter is null ? CallOutcome.Failed : CallOutcome.Refused;
            await ErrorBody.WriteAsync(http, error).ConfigureAwait(false);
        }
        finally
        {
            metrics.End(outcome, operation, trace?.Model, tenant, time.GetElapsedTime(started));
            LogEnd(http.Request.Method, http.Request.Path, http.Response.StatusCode, outcome, tenant, trace?.Model, time.GetElapsedTime(started).TotalMilliseconds);
            trace?.Dispose();
        }
    };

    /// <summary>A request that only looks; it needs a key where there are keys.</summary>
    public RequestDelegate Look(Func<HttpContext, Task> handle) => Guard(http => tenants.Authenticate(http.Request), handle);

    /// <summary>A request of the operator.</summary>
    public RequestDelegate Admin(Func<HttpContext, Task> handle) => Guard(http => tenants.AuthenticateAdmin(http.Request), handle);

    /// <summary>A request that everybody may make.</summary>
    public RequestDelegate Open(Func<HttpContext, Task> handle) => Guard(_ => { }, handle);

    private RequestDelegate Guard(Action<HttpContext> authenticate, Func<HttpContext, Task> handle) => async http =>
    {
        try
        {
            authenticate(http);
            await handle(http).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client is gone; there is nobody to tell.
        }
        catch (Exception exception)
        {
            await ErrorBody.WriteAsync(http, Translate(exception)).ConfigureAwait(false);
        }
    };

    private async Task<CallOutcome> EnterAsync(HttpContext http, Tenant tenant, CallTrace trace, Func<ApiCall, Task> handle)
    {
        if (!tenant.TryEnter())
            throw ApiException.TooMany($"this key has {tenant.MaxRequests} requests under way already, which is its limit; wait for one to end", ErrorMapping.DefaultRetry);
        using var limit = new CancellationTokenSource(configuration.Limits.RequestTime is { Ticks: > 0 } longest ? longest : Timeout.InfiniteTimeSpan, time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, limit.Token, gate.Abort);
        try
        {
            await handle(new ApiCall(http, tenant, trace, ends.Token, Explain)).ConfigureAwait(false);
            return CallOutcome.Finished;
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            return CallOutcome.Cancelled;
        }
        catch (Exception exception)
        {
            var error = Explain(exception);
            trace.Fail(error);
            throw error;
        }
        finally
        {
            tenant.Leave();
        }

        ApiException Explain(Exception exception)
        {
            if (exception is not OperationCanceledException || !ends.IsCancellationRequested)
                return Translate(exception);
            return limit.IsCancellationRequested
                ? ApiException.Unavailable("request_timeout", $"the request took longer than {Units.Time(configuration.Limits.RequestTime)}; ask for fewer tokens", ErrorMapping.DefaultRetry, exception)
                : ApiException.Unavailable("draining", "the server is stopping", DrainRetry, exception);
        }
    }

    private ApiException Translate(Exception exception)
    {
        var error = ErrorMapping.ToApi(exception);
        if (error.Status == StatusCodes.Status500InternalServerError)
            LogFailed(exception);
        return error;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Method} {Path} {Status} {Outcome} tenant={Tenant} model={Model} {Milliseconds:0.0} ms")]
    private partial void LogEnd(string method, PathString path, int status, CallOutcome outcome, string tenant, string? model, double milliseconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "a request failed")]
    private partial void LogFailed(Exception exception);
}
