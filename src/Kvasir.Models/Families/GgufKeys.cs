namespace Kvasir.Models;

/// <summary>Writes metadata whose keys begin with the architecture's name.</summary>
internal readonly struct GgufKeys(GgufWriter writer, string architecture)
{
    public void Add(string name, int value) => writer.Add($"{architecture}.{name}", value);

    public void Add(string name, float value) => writer.Add($"{architecture}.{name}", value);

    public void Add(string name, bool value) => writer.Add($"{architecture}.{name}", value);

    public void Add(string name, string value) => writer.Add($"{architecture}.{name}", value);

    /// <summary>The window of the layers that have one.</summary>
    public void AddWindow(ModelConfig config)
    {
        int window = config.LayerPlan.Select(layer => layer.Window).DefaultIfEmpty(0).Max();
        if (window > 0)
            Add("attention.sliding_window", window);
    }
}
