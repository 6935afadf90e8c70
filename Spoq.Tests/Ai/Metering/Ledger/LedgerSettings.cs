namespace Spoq.Tests.Ai.Metering.Ledger;

/// <summary>A model for each worker, so that an event tells who made the call.</summary>
internal static class LedgerSettings
{
    public static string Model(int worker, bool fromAnthropic) => $"{(fromAnthropic ? 'c' : 'w')}{worker}";

    public static int WorkerOf(string model) => int.Parse(model.AsSpan(1), null);

    public static Dictionary<string, string> Of(string upstream, int workers)
    {
        var settings = new Dictionary<string, string>
        {
            ["Ai__KeyRequestsPerMinute"] = "100000000",
            ["Ai__AccountRequestsPerMinute"] = "100000000",
            ["Ai__KeyTokensPerMinute"] = "100000000000",
            ["Ai__AccountTokensPerMinute"] = "100000000000",
            ["Ai__KeyStreams"] = "10000",
            ["Ai__AccountStreams"] = "10000",
            ["Logging__LogLevel__Default"] = "Error",
        };
        Add(settings, 0, "first", "openai", upstream + "/first/v1", workers);
        Add(settings, 1, "second", "openai", upstream + "/second/v1", workers);
        Add(settings, 2, "claudes", "anthropic", upstream + "/claudes", workers);
        return settings;
    }

    private static void Add(Dictionary<string, string> settings, int number, string name, string kind, string address, int workers)
    {
        var upstream = $"Ai__Upstreams__{number}__";
        settings[upstream + "Name"] = name;
        settings[upstream + "Kind"] = kind;
        settings[upstream + "BaseUrl"] = address;
        settings[upstream + "Key"] = LedgerUpstream.Key;
        settings[upstream + "MaxFailures"] = "100000000";
        settings[upstream + "AnswerTimeoutSeconds"] = "60";
        settings[upstream + "IdleTimeoutSeconds"] = "2";
        for (var worker = 0; worker < workers; worker++)
        {
            var model = $"{upstream}Models__{worker}__";
            settings[model + "Name"] = Model(worker, kind == "anthropic");
            settings[model + "Input"] = "1.25";
            settings[model + "CachedInput"] = "0.125";
            settings[model + "Output"] = "10";
        }
    }
}
