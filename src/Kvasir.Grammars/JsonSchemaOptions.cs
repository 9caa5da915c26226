namespace Kvasir.Grammars;

/// <summary>How a JSON schema becomes a grammar.</summary>
public sealed record JsonSchemaOptions
{
    /// <summary>The options used where none are named.</summary>
    public static JsonSchemaOptions Default { get; } = new();

    /// <summary>Where whitespace may stand.</summary>
    public JsonWhitespace Whitespace { get; init; } = JsonWhitespace.SingleSpace;

    /// <summary>
    /// False: an unknown keyword is refused, lest it be a constraint that is not enforced. True: it is an annotation, as the standard says.
    /// Known constraints are enforced or refused either way.
    /// </summary>
    public bool Lenient { get; init; }

    /// <summary>
    /// What <c>additionalProperties</c> is where an object names properties and does not say. Null: what the standard says, anything. False:
    /// closed objects, which keep a model to what was asked for.
    /// </summary>
    public bool? AdditionalPropertiesByDefault { get; init; }
}
