using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kvasir.Serving.Json;
using Microsoft.Extensions.Configuration;

namespace Kvasir.Serving.Configuration;

/// <summary>Reads a server's configuration: a file, over it environment variables, over them flags.</summary>
public sealed class ConfigurationFile
{
    /// <summary>The file that is read from the working folder when none is named.</summary>
    public const string DefaultName = "kvasir.json";

    /// <summary>Variables are <c>KVASIR_LIMITS__MAXBODY</c> for the setting <c>limits.maxBody</c>.</summary>
    public const string VariablePrefix = "KVASIR_";

    private readonly IConfigurationRoot _all;
    private readonly IConfigurationRoot _strict;

    private ConfigurationFile(IConfigurationRoot all, IConfigurationRoot strict)
    {
        _all = all;
        _strict = strict;
    }

    /// <summary>Opens the configuration.</summary>
    /// <param name="path">The file; when null, <see cref="DefaultName"/> in the working folder where it is there.</param>
    /// <param name="flags">Settings by their names, e.g. <c>limits.maxBody</c>; they win.</param>
    /// <exception cref="ConfigurationException">The file is missing or no JSON.</exception>
    public static ConfigurationFile Open(string? path, IEnumerable<KeyValuePair<string, string?>> flags)
    {
        if (path is null && File.Exists(DefaultName))
            path = DefaultName;
        var given = flags.Select(flag => KeyValuePair.Create(flag.Key.Replace('.', ':'), flag.Value)).ToArray();
        try
        {
            return new ConfigurationFile(
                Builder(path).AddEnvironmentVariables(VariablePrefix).AddInMemoryCollection(given).Build(),
                Builder(path).AddInMemoryCollection(given).Build());
        }
        catch (Exception exception) when (exception is InvalidDataException or FileNotFoundException or FormatException or JsonException)
        {
            throw new ConfigurationException($"the configuration {path} cannot be read: {(exception.InnerException ?? exception).Message}", exception);
        }
    }

    /// <summary>The configuration in force.</summary>
    /// <exception cref="ConfigurationException">A setting is unknown or wrong.</exception>
    public ServerConfiguration Read()
    {
        var settings = new ConfiguredSettings(_all);
        var configuration = ServerConfiguration.Read(settings);

        // Not the environment: other variables of the same prefix are none of the server's.
        settings.RefuseUnknown(_strict);
        return configuration;
    }

    /// <summary>The settings in force as a configuration file, secrets masked.</summary>
    /// <exception cref="ConfigurationException">A setting is unknown or wrong.</exception>
    public string Print()
    {
        var settings = new ConfiguredSettings(_all);
        var text = Write(json =>
        {
            json.WriteStartObject();
            ServerConfiguration.Read(new PrintedSettings(settings, json));
            json.WriteEndObject();
        });
        settings.RefuseUnknown(_strict);
        return text;
    }

    /// <summary>The JSON schema of the file.</summary>
    public static string Schema()
    {
        var settings = new SchemaSettings();
        ServerConfiguration.Read(settings);
        var schema = settings.ToSchema();
        schema.Insert(0, "title", "Kvasir server");
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        ((JsonObject)schema["properties"]!).Insert(0, "$schema", new JsonObject { ["type"] = "string" });
        return Write(json => schema.WriteTo(json));
    }

    private static string Write(Action<Utf8JsonWriter> write)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, JsonResponse.Options with { Indented = true, NewLine = "\n" }))
            write(json);
        return Encoding.UTF8.GetString(memory.ToArray());
    }

    private static IConfigurationBuilder Builder(string? path)
    {
        var builder = new ConfigurationBuilder();
        return path is null ? builder : builder.AddJsonFile(Path.GetFullPath(path), optional: false, reloadOnChange: false);
    }
}
