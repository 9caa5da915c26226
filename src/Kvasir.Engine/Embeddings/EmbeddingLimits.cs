using Kvasir.Models;

namespace Kvasir.Engine.Embeddings;

/// <summary>What requests for embeddings may ask for, of any model.</summary>
internal static class EmbeddingLimits
{
    /// <exception cref="UnsupportedModelException">The model's files ask for a step behind the model that is not done.</exception>
    public static void CheckModel(ModelFile model)
    {
        if (model.Embedding?.Unsupported is { } problem)
            throw new UnsupportedModelException(model.Path, $"{problem} is not supported, and without it the vectors would be others");
    }

    /// <exception cref="ArgumentException">The vector has not so many values.</exception>
    public static void CheckDimensions(EmbeddingRequest request, int width)
    {
        if (request.Dimensions is { } dimensions && (dimensions < 1 || dimensions > width))
            throw new ArgumentException($"Dimensions is {dimensions}; the model's vectors have {width} values, allowed are 1 to {width}", nameof(request));
    }
}
