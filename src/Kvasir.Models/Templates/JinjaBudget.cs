namespace Kvasir.Models;

/// <summary>What one rendering may use: a template is code from a file, so it is given bounds instead of trust.</summary>
internal sealed class JinjaBudget
{
    public const int MaxSteps = 2_000_000;
    public const long MaxCharacters = 64 << 20;
    public const int MaxMacroDepth = 64;
    public const int MaxSeconds = 10;
    private const int StepsBetweenLooks = 4096;

    private readonly long _start = System.Diagnostics.Stopwatch.GetTimestamp();

    private int _steps;
    private int _nextLook = StepsBetweenLooks;
    private long _characters;
    private int _macroDepth;

    /// <summary>One node evaluated, or one element handled by a filter.</summary>
    public void Step(int count = 1)
    {
        if (count < 0 || (_steps += count) > MaxSteps || _steps < 0)
            throw new ChatTemplateException($"it takes more than {MaxSteps} steps");
        if (_steps >= _nextLook)
            Look();
    }

    /// <summary>Accounts for a text that was made, as output or in between.</summary>
    public string Made(string text)
    {
        Make(text.Length);
        return text;
    }

    /// <summary>Accounts for characters before they are made.</summary>
    public void Make(long characters)
    {
        if (characters > MaxCharacters || (_characters += characters) > MaxCharacters)
            throw new ChatTemplateException($"it makes more than {MaxCharacters} characters");
    }

    public void EnterMacro()
    {
        if (++_macroDepth > MaxMacroDepth)
            throw new ChatTemplateException($"macros call each other more than {MaxMacroDepth} deep");
    }

    public void LeaveMacro() => _macroDepth--;

    private void Look()
    {
        _nextLook = _steps + StepsBetweenLooks;
        if (System.Diagnostics.Stopwatch.GetElapsedTime(_start).TotalSeconds > MaxSeconds)
            throw new ChatTemplateException($"it takes more than {MaxSeconds} s");
    }
}
