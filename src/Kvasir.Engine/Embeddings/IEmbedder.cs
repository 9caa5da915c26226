using Kvasir.Engine.Requests;
using Kvasir.Models;

namespace Kvasir.Engine.Embeddings;

/// <summary>
/// What makes vectors of texts: an encoder (<see cref="EmbeddingEngine"/>), or a decoder's hidden states (<see cref="KvasirEngine"/>). May be
/// asked from any thread. The bits of a vector depend on its text and the model, not on what is computed beside it.
/// </summary>
public interface IEmbedder : IDisposable
{
    /// <summary>The model.</summary>
    ModelFile Model { get; }

    /// <summary>Values of a vector.</summary>
    int Dimensions { get; }

    /// <summary>Most tokens of a text, those that the model's files put around it included.</summary>
    int MaxTokens { get; }

    /// <summary>Token ids of a text as the model's files ask for them.</summary>
    /// <param name="text">The text. Special tokens written in it stay text.</param>
    /// <param name="options">What stands before it, and what happens when it is too long.</param>
    /// <exception cref="ContextLengthException">It is too long and must not be cut.</exception>
    /// <exception cref="ArgumentException">The model's files have no such prompt.</exception>
    /// <exception cref="InvalidOperationException">The model has no tokenizer.</exception>
    int[] EncodeText(string text, TextOptions? options = null);

    /// <summary>Makes a vector of a text. Cancelling ends the wait.</summary>
    /// <exception cref="ContextLengthException">The text does not fit.</exception>
    /// <exception cref="EngineOverloadedException">Too many requests wait.</exception>
    /// <exception cref="QueueTimeoutException">It waited too long.</exception>
    /// <exception cref="EngineFailedException">The engine failed.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    Task<Embedding> EmbedAsync(EmbeddingRequest request, CancellationToken cancellation = default);
}
