namespace Kvasir.Models.Hub;

/// <summary>Reads the variables that the hub's own tools read, and the token that they keep.</summary>
public static class HubEnvironment
{
    public const string EndpointVariable = "HF_ENDPOINT";
    public const string TokenVariable = "HF_TOKEN";
    public const string OfflineVariable = "HF_HUB_OFFLINE";

    private const int MaxTokenBytes = 4096;

    /// <summary>Options as the environment says.</summary>
    /// <param name="variable">Gives a variable's value, or null; e.g. <see cref="Environment.GetEnvironmentVariable(string)"/>.</param>
    /// <exception cref="FormatException">A variable or the token's file is wrong; the message names it and never shows the token.</exception>
    public static HubOptions Read(Func<string, string?> variable) => new()
    {
        Endpoint = Value(variable, EndpointVariable) is { } endpoint ? ParseEndpoint(endpoint) : HubOptions.DefaultEndpoint,
        Token = Token(variable),
        Offline = Value(variable, OfflineVariable)?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE",
    };

    /// <summary>Reads a hub's address.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static Uri ParseEndpoint(string text)
    {
        if (!Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new FormatException($"{EndpointVariable} is no address; write one such as {HubOptions.DefaultEndpoint.OriginalString}");
        if (uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            throw new FormatException($"{EndpointVariable} has a user, a query or a fragment in it; write only scheme, host, port and path, and give a token with {TokenVariable}");
        return uri;
    }

    private static string? Token(Func<string, string?> variable)
    {
        foreach (string name in (string[])[TokenVariable, "HUGGING_FACE_HUB_TOKEN"])
        {
            if (Value(variable, name) is { } token)
                return Checked(token, $"${name}");
        }

        string? path = TokenPath(variable);
        if (path is null || !File.Exists(path))
            return null;
        if (new FileInfo(path).Length > MaxTokenBytes)
            throw new FormatException($"the token file {path} is longer than {MaxTokenBytes} bytes; it holds one token and nothing else");
        string text = File.ReadAllText(path).Trim();
        return text.Length == 0 ? null : Checked(text, path);
    }

    private static string? TokenPath(Func<string, string?> variable)
    {
        if (Value(variable, "HF_TOKEN_PATH") is { } path)
            return path;
        if (Value(variable, "HF_HOME") is { } home)
            return Path.Combine(home, "token");
        if (Value(variable, "XDG_CACHE_HOME") is { } cache)
            return Path.Combine(cache, "huggingface", "token");
        string? user = Value(variable, "HOME") ?? Value(variable, "USERPROFILE");
        return user is null ? null : Path.Combine(user, ".cache", "huggingface", "token");
    }

    // It goes into a header: what does not belong there would end the header, or be refused with the token in the message.
    private static string Checked(string token, string where) => token.Length <= MaxTokenBytes && token.All(c => c is > ' ' and < (char)0x7F)
        ? token
        : throw new FormatException($"the token of {where} has characters that no token has; write it on one line, without quotes or spaces");

    private static string? Value(Func<string, string?> variable, string name) => variable(name)?.Trim() is { Length: > 0 } value ? value : null;
}
