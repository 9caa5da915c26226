namespace Kvasir.Models;

/// <summary>How rotary frequencies are stretched for contexts longer than the first training's.</summary>
public enum RopeScaling
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>All frequencies are divided by one factor (position interpolation, Chen et al. 2023).</summary>
    Linear,

    /// <summary>Low frequencies are divided, high ones kept, those between interpolated (Llama 3.1).</summary>
    Llama3,

    /// <summary>Every frequency is divided by a factor of its own that the file lists (GGUF's <c>rope_freqs</c>).</summary>
    PerFrequency,

    /// <summary>Frequencies that turn seldom are divided, those that turn often kept, those between interpolated (YaRN, Peng et al. 2023).</summary>
    Yarn,

    /// <summary>Divisors of their own for short and for long contexts (LongRoPE, Ding et al. 2024).</summary>
    Long,
}
