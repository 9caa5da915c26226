namespace Kvasir.Serving.Configuration;

/// <summary>The configuration cannot be used; the message names the setting, its value and what is allowed.</summary>
public sealed class ConfigurationException(string message, Exception? inner = null) : Exception(message, inner);
