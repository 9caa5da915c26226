namespace Kvasir.Models;

/// <summary>A chat template cannot be read, fails, refuses the messages, or goes beyond its bounds.</summary>
public sealed class ChatTemplateException(string message, Exception? inner = null) : Exception($"chat template: {message}", inner);
