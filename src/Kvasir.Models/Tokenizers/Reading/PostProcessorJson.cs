namespace Kvasir.Models;

/// <summary>Reads the <c>post_processor</c> of a tokenizer.json: which tokens stand around a text of its own.</summary>
internal static class PostProcessorJson
{
    private const int MaxDepth = 4;
    private const int MaxTokens = 64;

    public static (List<int> Prefix, List<int> Suffix) Read(JsonField root, int size)
    {
        var prefix = new List<int>();
        var suffix = new List<int>();
        if (root.Find("post_processor") is { } field)
            Add(field, prefix, suffix, size, 0);
        return prefix.Count + suffix.Count <= MaxTokens ? (prefix, suffix) : throw root.Error($"more than {MaxTokens} tokens around a text");
    }

    private static void Add(JsonField field, List<int> prefix, List<int> suffix, int size, int depth)
    {
        switch (field.Get("type").String())
        {
            case "Sequence" when depth < MaxDepth:
                foreach (var part in field.Get("processors").Items())
                    Add(part, prefix, suffix, size, depth + 1);
                return;
            case "ByteLevel":
                return;
            case "TemplateProcessing":
                AddTemplate(field, prefix, suffix, size);
                return;
            case "BertProcessing" or "RobertaProcessing":
                prefix.Insert(0, Pair(field.Get("cls"), size));
                suffix.Add(Pair(field.Get("sep"), size));
                return;
            case var type:
                throw new UnsupportedModelException(field.Path, $"the post_processor type \"{type}\" is not supported");
        }
    }

    private static void AddTemplate(JsonField field, List<int> prefix, List<int> suffix, int size)
    {
        var before = new List<int>();
        bool seen = false;
        foreach (var part in field.Get("single").Items())
        {
            if (part.Find("Sequence") is not null)
            {
                if (seen)
                    throw new UnsupportedModelException(field.Path, "a post_processor that repeats the text is not supported");
                seen = true;
                continue;
            }

            string name = part.Get("SpecialToken").Get("id").String();
            foreach (var id in field.Get("special_tokens").Get(name).Get("ids").Items())
                (seen ? suffix : before).Add(id.Int(0, size - 1));
        }

        if (!seen)
            throw new UnsupportedModelException(field.Path, "a post_processor without the text is not supported");
        prefix.InsertRange(0, before);
    }

    private static int Pair(JsonField field, int size)
    {
        var items = field.Items().Take(3).ToArray();
        return items.Length == 2 ? items[1].Int(0, size - 1) : throw field.Error("a token and its id were expected");
    }
}
