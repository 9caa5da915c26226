using System.Reflection;
using Kvasir.Serving.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;

namespace Kvasir.Serving.Operations;

/// <summary>The page: files that are part of this assembly. Nothing of it comes from elsewhere.</summary>
internal sealed class PageEndpoint
{
    private const string Prefix = "page/";
    private const string Policy =
        "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

    private readonly Dictionary<string, (byte[] Content, string Type)> _files = new(StringComparer.Ordinal);

    public PageEndpoint()
    {
        var types = new FileExtensionContentTypeProvider();
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            var type = types.TryGetContentType(name, out var known) ? known : "application/octet-stream";
            _files[name[Prefix.Length..]] = (content, type.StartsWith("text/", StringComparison.Ordinal) ? $"{type}; charset=utf-8" : type);
        }
    }

    public Task IndexAsync(HttpContext http) => SendAsync(http, "index.html");

    public Task FileAsync(HttpContext http) => SendAsync(http, (string)http.Request.RouteValues["file"]!);

    private Task SendAsync(HttpContext http, string name)
    {
        if (!_files.TryGetValue(name, out var file))
            throw ApiException.NotFound(null, "not_found", $"there is no file {name}");
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache";
        http.Response.ContentType = file.Type;
        http.Response.ContentLength = file.Content.Length;
        return http.Response.Body.WriteAsync(file.Content, http.RequestAborted).AsTask();
    }
}
