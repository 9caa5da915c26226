namespace Kvasir.Models;

/// <summary>How a decoder layer carries information from token to token.</summary>
public enum LayerMixer
{
    /// <summary>Attention over keys and values of every head, or over latent rows where the model has them.</summary>
    Attention,

    /// <summary>A recurrent state: a state space model (Mamba-2).</summary>
    Recurrent,
}
