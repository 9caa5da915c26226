namespace Kvasir.Models.Hub;

/// <summary>What a stored model is.</summary>
public enum StoredKind
{
    /// <summary>A GGUF file.</summary>
    Gguf,

    /// <summary>A Hugging Face folder with safetensors.</summary>
    SafeTensors,

    /// <summary>Files that are no whole model.</summary>
    Files,
}
