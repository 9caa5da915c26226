using System.Globalization;
using System.Net;
using System.Text;

namespace Kvasir.Models.Hub;

/// <summary>Turns a hub's refusals into errors that say what to do.</summary>
internal sealed class HubErrors(HubOptions options, bool tokenIsSent)
{
    private const int ShownCharacters = 200;

    /// <summary>What a failed answer means.</summary>
    /// <param name="id">The repository.</param>
    /// <param name="what">What was asked for, for people: "owner/name at main", "owner/name: config.json".</param>
    /// <returns>A <see cref="TransientException"/> or a <see cref="HubException"/>.</returns>
    public Exception For(HttpResponseMessage response, string id, string what)
    {
        var status = response.StatusCode;
        string host = response.RequestMessage?.RequestUri?.Host ?? options.Endpoint.Host;
        string said = Header(response, "X-Error-Message") is { Length: > 0 } message ? $" ({message})" : "";
        string answered = string.Create(CultureInfo.InvariantCulture, $"{what}: {host} answered {(int)status}{said}");
        if (status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)status is 425 or >= 500 and not (501 or 505))
            return new TransientException(answered, Wait(response));
        string code = Header(response, "X-Error-Code") ?? "";
        return code switch
        {
            "GatedRepo" => Gated(id),
            "RepoNotFound" => NotFound(id, status, said),
            "RevisionNotFound" => new HubException(HubProblem.RevisionNotFound, $"{what}: there is no such branch, tag or commit; {Page(id)}/commits lists them"),
            "EntryNotFound" => new HubException(HubProblem.FileNotFound, $"{what}: the file is not there any more; {Page(id)}/tree/main lists what is"),
            _ => status switch
            {
                HttpStatusCode.Unauthorized => NotFound(id, status, said),
                HttpStatusCode.Forbidden => new HubException(HubProblem.Unauthorized, $"{what}: the hub refuses it{said}; {(tokenIsSent ? $"the token may not read it: see {Settings} and {Page(id)}" : SetToken)}"),
                HttpStatusCode.NotFound => NotFound(id, status, said),
                _ => new HubException(HubProblem.WrongAnswer, answered),
            },
        };
    }

    /// <summary>Text of a stranger, safe for a terminal and short.</summary>
    public static string Printable(string text, int most)
    {
        var shown = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length >= most)
                return shown.Append('…').ToString();
            shown.Append(Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator ? "?" : rune.ToString());
        }

        return shown.ToString();
    }

    private string Settings => $"{Root}/settings/tokens";

    private string Root => options.Endpoint.OriginalString.TrimEnd('/');

    private string SetToken => options.Token is not null && !tokenIsSent
        ? $"the token is not sent to {Root}: it would travel unencrypted; use an https address"
        : $"set {HubEnvironment.TokenVariable} to a token from {Settings}";

    private HubException Gated(string id) => new(
        HubProblem.Gated,
        tokenIsSent
            ? $"{id} is gated and the token's account has no access yet; accept its licence at {Page(id)} with that account, or check that the token may read gated repositories ({Settings})"
            : $"{id} is gated; accept its licence at {Page(id)}, then {SetToken}");

    private HubException NotFound(string id, HttpStatusCode status, string said) => new(
        status == HttpStatusCode.Unauthorized && !tokenIsSent ? HubProblem.Unauthorized : HubProblem.NotFound,
        $"there is no model {id} at {Root}{said}; check the name" + (tokenIsSent ? $", or that the token is valid and may read it ({Settings})" : $", or, where it is private, {SetToken}"));

    private string Page(string id) => $"{Root}/{id}";

    private TimeSpan? Wait(HttpResponseMessage response)
    {
        var after = response.Headers.RetryAfter;
        var wait = after?.Delta ?? (after?.Date is { } date ? date - options.Time.GetUtcNow() : null);
        return wait > TimeSpan.Zero ? wait : null;
    }

    // A server may send back what it was sent.
    private string? Header(HttpResponseMessage response, string name)
    {
        if (!response.Headers.TryGetValues(name, out var values))
            return null;
        string text = string.Join(", ", values);
        if (options.Token is { } token)
            text = text.Replace(token, "…", StringComparison.Ordinal);
        return Printable(text, ShownCharacters);
    }
}
