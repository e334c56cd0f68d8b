import { fill } from "../shared/words.js";

/** What the form library says, in Chinese. Its own language is English. */
export const CHINESE = {
  "All values selected": "已全部选中",
  "Add new": "添加一行",
  "Click to remove sorting": "取消排序",
  "Click to sort by {value} ascending": "按{value}升序排列",
  "Click to sort by {value} descending": "按{value}降序排列",
  Collapse: "收起",
  "Date and time must both be entered.": "日期和时间都要填写。",
  Decrement: "减少",
  "Document reference is not defined.": "没有指定文件。",
  "Download {fileName}": "下载 {fileName}",
  "Expand all ({value})": "展开全部（{value}）",
  "External content couldn't be loaded.": "外部内容没有加载出来。",
  "Field is required.": "此项必填。",
  "Field must be a valid email.": "要填有效的电子邮箱。",
  "Field must be a valid international phone number. (e.g. +4930664040900)": "要填国际格式的电话号码，例如 +8653266778899。",
  "Field must have maximum length of {value}.": "最多 {value} 个字。",
  "Field must have maximum value of {value}.": "不能大于 {value}。",
  "Field must have minimum length of {value}.": "至少 {value} 个字。",
  "Field must have minimum value of {value}.": "不能小于 {value}。",
  "Field must match pattern {value}.": "格式不对，应符合 {value}。",
  Increment: "增加",
  "Max validation value is not a valid number.": "表单里的最大值不是数字。",
  "Min validation value is not a valid number.": "表单里的最小值不是数字。",
  "Next page": "下一页",
  "No content to show.": "没有内容。",
  "No files selected": "未选文件",
  "No results": "没有结果",
  "Nothing to show.": "没有内容。",
  "Please select a valid value, the two nearest valid values are {previousValue} and {nextValue}.":
    "数值不对，最接近的是 {previousValue} 和 {nextValue}。",
  "Previous page": "上一页",
  "Remove tag": "移除",
  Search: "搜索",
  "Skip to search": "跳到搜索",
  "Unable to download document": "文件下载失败",
  "Value is expected to be an integer.": "要填整数。",
  "Value is expected to have at most 1 decimal digit.": "最多 1 位小数。",
  "Value is expected to have at most {value} decimal digits.": "最多 {value} 位小数。",
  "Value is not a number.": "要填数字。",
  "{page} of {total}": "第 {page} 页，共 {total} 页",
  "{value} files selected": "已选 {value} 个文件",
};

/** What we say around a form: [Chinese, English]. */
export const WORDS = {
  again: ["正在重试", "Trying again"],
  brokenForm: ["表单没有显示出来", "The form could not be shown"],
  conflict: ["别人刚改过这项任务", "Someone else has just changed this task"],
  conflictMore: ["你的输入留在本机，重新载入后还在。", "Your input is kept on this machine and is back after reloading."],
  draftFailed: ["草稿没有存上，正在重试", "Draft not saved yet, trying again"],
  draftRefused: ["草稿没有存上", "Draft not saved"],
  draftSaved: ["草稿已存 {time}", "Draft saved {time}"],
  failed: ["没有完成", "This did not work"],
  failedMore: ["你的输入还在。请稍后再试。", "Your input is still here. Try again in a moment."],
  fix: ["还有 {count} 处要改", "{count} to correct"],
  offline: ["连不上服务器。你的输入留在本机，连上后自动提交。", "The server cannot be reached. Your input stays on this machine and is sent when it is back."],
  reload: ["重新载入", "Reload"],
  restored: ["已恢复留在本机的输入", "Brought back the input kept on this machine"],
  retry: ["现在重试", "Try now"],
};

/** The translate function for form-js in one language, in the shape it expects. */
export function translateFor(locale) {
  return (template, values) => fill((locale === "zh" && CHINESE[template]) || template, values);
}
