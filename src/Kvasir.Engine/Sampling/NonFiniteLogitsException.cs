namespace Kvasir.Engine.Sampling;

/// <summary>The largest logit is not a finite number, so no token can be chosen: the model's weights or its keys and values are damaged.</summary>
public sealed class NonFiniteLogitsException(int position)
    : ArithmeticException(FormattableString.Invariant($"the model gave no finite logit at position {position}; its weights or its KV are damaged"));
