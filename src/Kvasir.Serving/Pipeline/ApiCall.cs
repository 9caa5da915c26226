using Kvasir.Serving.Errors;
using Kvasir.Serving.Tenancy;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Pipeline;

/// <summary>A request that was let in.</summary>
/// <param name="Http">The request and its response.</param>
/// <param name="Tenant">Who sends it.</param>
/// <param name="Trace">What its trace and metrics are told.</param>
/// <param name="Cancellation">The client is gone, its time is over, or the server ends.</param>
/// <param name="Explain">What the client is told of an exception.</param>
internal sealed record ApiCall(HttpContext Http, Tenant Tenant, CallTrace Trace, CancellationToken Cancellation, Func<Exception, ApiException> Explain);
