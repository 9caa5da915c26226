namespace Kvasir.Serving.Configuration;

/// <summary>A LoRA adapter that is loaded with its model.</summary>
public sealed record AdapterConfiguration
{
    /// <summary>Its name; requests name it as <c>model:adapter</c>.</summary>
    public required string Name { get; init; }

    /// <summary>A PEFT folder or a GGUF adapter.</summary>
    public required string Path { get; init; }

    /// <summary>A factor beside the file's own.</summary>
    public float Scale { get; init; } = 1;

    internal static AdapterConfiguration Read(SettingReader settings) => new()
    {
        Name = settings.Text("name", null, "Its name; requests name it as model:adapter.") ?? "",
        Path = settings.Text("path", null, "A PEFT folder or a .gguf adapter.") ?? "",
    };
}
